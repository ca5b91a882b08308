"""The rules of assessments: pure functions, no I/O, no clock."""
