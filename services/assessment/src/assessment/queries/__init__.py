"""What is asked of assessment."""
