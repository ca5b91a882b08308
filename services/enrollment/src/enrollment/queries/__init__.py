"""What is asked: one function for each thing."""
