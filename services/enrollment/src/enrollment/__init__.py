"""Enrollments and progress: who learns what, and how far they are."""
