"""Telling other systems: chosen events, signed, in order, again and again until they are taken."""
