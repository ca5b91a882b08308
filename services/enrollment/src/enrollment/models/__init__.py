"""Tables. Enrollments and all that learners write are owned here; courses, lessons, users and certificates are copies.

Rows are locked in one order everywhere: course, enrollments by id, progress, the learner's clock; then a review, then
the rating of its course; a topic, then its replies; `activity` last of all. `shared` locks of a course keep its outline
still while someone enrolls.
"""

from enrollment.models.activity import (
    Activity,
    ActivityKind,
    ActivityWatermark,
    CourseDay,
    CourseHour,
    LessonDay,
    UserDay,
)
from enrollment.models.copies import Assessment, Attempt, Certificate, Course, Lesson, Standing, User
from enrollment.models.learning import Enrollment, HeartbeatState, LearnerClock, Progress
from enrollment.models.notes import Note
from enrollment.models.policies import WEIGHT_UNIT, ProgressMethod, ProgressPolicy
from enrollment.models.reviews import Rating, Rejection, Review, ReviewStatus, Vote
from enrollment.models.table import Table
from enrollment.models.topics import Reply, Report, Topic, TopicKind

__all__ = [
    "WEIGHT_UNIT",
    "Activity",
    "ActivityKind",
    "ActivityWatermark",
    "Assessment",
    "Attempt",
    "Certificate",
    "Course",
    "CourseDay",
    "CourseHour",
    "Enrollment",
    "HeartbeatState",
    "LearnerClock",
    "Lesson",
    "LessonDay",
    "Note",
    "Progress",
    "ProgressMethod",
    "ProgressPolicy",
    "Rating",
    "Rejection",
    "Reply",
    "Report",
    "Review",
    "ReviewStatus",
    "Standing",
    "Table",
    "Topic",
    "TopicKind",
    "User",
    "UserDay",
    "Vote",
]
