"""Answers for guests, kept as bytes and dropped by events."""
