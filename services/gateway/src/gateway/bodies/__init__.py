"""Bodies of requests on their way in: which kinds are taken, how deep JSON may go, and taking one in as a whole."""
