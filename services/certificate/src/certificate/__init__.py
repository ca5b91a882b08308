"""Certificates: issued once for a completed course, signed, and verifiable by anyone."""
