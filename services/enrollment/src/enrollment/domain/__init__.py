"""The rules of enrolling and progress: pure functions, no I/O, no clock."""
