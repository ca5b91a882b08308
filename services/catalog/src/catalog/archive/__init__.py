"""Courses as archives: read from Open edX OLX and from this platform's own layout, and written.

Nothing here knows the database. Reading runs in a process of its own (`python -m catalog.archive`), with bounds on its
time and memory, because archives come from anywhere (`process`).
"""
