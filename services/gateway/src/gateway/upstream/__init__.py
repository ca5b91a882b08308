"""The services behind the gateway: which one serves what, and how a request gets there and back."""
