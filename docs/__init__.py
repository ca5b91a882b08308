"""Documents for people, and those made from the code (`write`)."""
