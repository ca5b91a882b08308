"""What is done about notifications."""
