"""The gateway: the one door to Syllabus. It knows who is asking; it knows no rule of the domain behind it."""

VERSION = "0.1.0"
"""Version of the public API, as `/api/health/` and `/api/schema/` tell it."""
