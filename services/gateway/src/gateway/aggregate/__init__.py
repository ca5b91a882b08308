"""What is put together from several services."""
