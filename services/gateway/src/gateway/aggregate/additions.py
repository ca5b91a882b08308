"""What the gateway adds to the answers of services, in the words of the document: they know nothing of it."""

from typing import Any

Document = dict[str, Any]

_DEGRADED: Document = {
    "type": "array",
    "items": {"type": "string"},
    "description": "Services that did not answer; what they would have added is null.",
}
_USER_PROGRESS: Document = {
    "type": "object",
    "description": "How far one is in a course.",
    "required": ["enrollment", "status", "progress_percentage", "current_lesson", "lessons"],
    "properties": {
        "enrollment": {"type": "integer"},
        "status": {"type": "string", "enum": ["active", "completed", "suspended"]},
        "progress_percentage": {"type": "number", "minimum": 0, "maximum": 100},
        "current_lesson": {"type": ["integer", "null"], "description": "The first that is not completed."},
        "lessons": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["lesson", "progress_percentage", "is_completed"],
                "properties": {
                    "lesson": {"type": "integer"},
                    "progress_percentage": {"type": "number", "minimum": 0, "maximum": 100},
                    "is_completed": {"type": "boolean"},
                },
            },
        },
    },
}
_COURSE_PAGE: Document = {
    "recent_reviews": {
        "anyOf": [
            {"type": "array", "maxItems": 5, "items": {"$ref": "#/components/schemas/ReviewView"}},
            {"type": "null"},
        ],
        "description": "The newest approved reviews.",
    },
    "user_progress": {
        "anyOf": [{"$ref": "#/components/schemas/UserProgress"}, {"type": "null"}],
        "description": "Null unless one is enrolled.",
    },
    "degraded": _DEGRADED,
}
_PROGRESS_STATS: Document = {
    "certificates_earned": {
        "anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}],
        "description": "Certificates that hold.",
    },
    "degraded": _DEGRADED,
}


def add_to(paths: Document, schemas: Document) -> None:
    """Complete the answers that several services make together."""
    schema = _extended(paths, schemas, "/api/courses/{ref}/", "CoursePage", _COURSE_PAGE)
    if schema is not None:
        schema["description"] = "A course with its outline, its newest reviews, and how far one is in it."
        schemas["UserProgress"] = _USER_PROGRESS
    if "ReviewView" not in schemas and schema is not None:  # enrollment does not answer now
        schema["properties"]["recent_reviews"] = {"type": ["array", "null"], "items": {"type": "object"}}
    _extended(paths, schemas, "/api/user/progress-stats/", "OwnProgressStats", _PROGRESS_STATS)


def _extended(paths: Document, schemas: Document, path: str, name: str, fields: Document) -> Document | None:
    """Let GET at `path` answer with a schema of its own, which has `fields` more; None when nobody serves it now."""
    content = paths.get(path, {}).get("get", {}).get("responses", {}).get("200", {}).get("content", {})
    found = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
    if found not in schemas:
        return None
    schema: Document = {
        **schemas[found],
        "title": name,
        "properties": schemas[found].get("properties", {}) | fields,
        "required": sorted({*schemas[found].get("required", []), *fields}),
    }
    schemas[name] = schema
    content["application/json"]["schema"] = {"$ref": f"#/components/schemas/{name}"}
    return schema
