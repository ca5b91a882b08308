"""What is asked of the catalog: one function for each thing asked."""
