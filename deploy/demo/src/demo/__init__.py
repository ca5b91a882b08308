"""The demo: three courses, and the main job of the system played over its public API."""
