"""The catalog's tables: what it owns, then the copies it keeps of other services' facts.

A course is the aggregate of its instructors, modules and lessons. Whoever changes any of them locks the course's row
first (`store`) and raises its `revision`, which is the version of its events. Deleting a course is soft: its row, slug
and outline stay.
"""

from catalog.models.copies import Enrollment, LessonAssessment, User
from catalog.models.courses import Category, Course, CourseInstructor, ListedChange
from catalog.models.lessons import File, Lesson, Module, Resource
from catalog.models.search import SearchedCourse, SearchedText, Searches, SearchWord
from catalog.models.table import Table

__all__ = [
    "Category",
    "Course",
    "CourseInstructor",
    "Enrollment",
    "File",
    "Lesson",
    "LessonAssessment",
    "ListedChange",
    "Module",
    "Resource",
    "SearchWord",
    "SearchedCourse",
    "SearchedText",
    "Searches",
    "Table",
    "User",
]
