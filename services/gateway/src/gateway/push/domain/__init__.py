"""The rules of pushing: who is told what, and what is said. Pure functions."""
