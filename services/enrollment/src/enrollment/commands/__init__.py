"""What is done: one function for each thing. The transaction is the caller's."""
