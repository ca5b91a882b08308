"""What is done to the catalog: one function for each thing done, in its caller's transaction."""
