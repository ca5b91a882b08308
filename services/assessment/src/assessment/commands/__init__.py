"""What is done in assessment."""
