"""One function for each thing asked."""
