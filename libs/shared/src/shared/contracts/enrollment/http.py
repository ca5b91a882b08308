"""What enrollment answers to other services. Private: the gateway does not route it.

- `GET /internal/enrollments/?user_id=&course_id=` → `EnrollmentState`; 404 when the user never enrolled.
"""

from shared.contracts.enrollment.events import EnrollmentState

__all__ = ["EnrollmentState"]
