"""What the catalog answers to other services. Private: the gateway does not route it.

- `GET /internal/courses/{course_id}/` → `CourseState`; 404 when there never was one. A deleted course is given
  with `is_deleted`.
- `GET /internal/courses/?slug=` → the same by slug.
- `GET /internal/lessons/{lesson_id}/` → the `CourseState` of the lesson's course, in whose outline it stands.
"""

from shared.contracts.catalog.events import CourseState

__all__ = ["CourseState"]
