"""One function for each thing done."""
