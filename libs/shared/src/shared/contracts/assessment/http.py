"""What assessment answers to other services. Nothing yet: its events are enough for all of them."""
