"""The catalog service: categories, courses, modules and lessons."""
