"""What certificate answers to other services. Nothing yet: verification is public."""
