from decimal import Decimal

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Upper

LEVELS = ["beginner", "intermediate", "advanced", "all_levels"]
LESSON_TYPES = ["video", "reading", "interactive", "quiz", "lab_exercise", "assignment", "discussion"]
ACCESS = ["guest", "registered", "premium"]
STATUSES = ["active", "completed", "dropped", "suspended", "unenrolled"]


def choices(values):
    return [(v, v.replace("_", " ").title()) for v in values]


class User(AbstractUser):
    email = models.EmailField(unique=True)
    role = models.CharField(max_length=20, default="student")
    is_premium = models.BooleanField(default=False)


class TimeStamped(models.Model):
    created_date = models.DateTimeField(auto_now_add=True)
    updated_date = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class Category(TimeStamped):
    name = models.CharField(max_length=100, unique=True, validators=[MinLengthValidator(2)])
    description = models.TextField(blank=True)
    icon = models.CharField(max_length=50, blank=True)
    sort_order = models.PositiveIntegerField(default=0)
    slug = models.SlugField(max_length=100, unique=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["sort_order", "name"]


class Course(TimeStamped):
    title = models.CharField(max_length=160, validators=[MinLengthValidator(3)])
    subtitle = models.CharField(max_length=255, blank=True)
    slug = models.SlugField(max_length=100, unique=True)
    description = models.TextField(validators=[MinLengthValidator(50)])
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="courses")
    thumbnail = models.CharField(max_length=255, blank=True)
    price = models.DecimalField(max_digits=10, decimal_places=2, default=Decimal("490.00"))
    discount_price = models.DecimalField(max_digits=10, decimal_places=2, blank=True, null=True)
    discount_ends = models.DateTimeField(blank=True, null=True)
    requirements = models.JSONField(default=list)
    skills = models.JSONField(default=list, blank=True)
    learning_objectives = models.JSONField(default=list)
    target_audience = models.TextField(blank=True)
    creation_method = models.CharField(max_length=20, default="builder")
    completion_status = models.CharField(max_length=20, default="not_started")
    completion_percentage = models.PositiveIntegerField(default=0)
    version = models.FloatField(default=1.0)
    is_draft = models.BooleanField(default=True)
    parent_version = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children"
    )
    has_certificate = models.BooleanField(default=False)
    is_featured = models.BooleanField(default=False)
    level = models.CharField(max_length=20, choices=choices(LEVELS), default="all_levels")
    is_published = models.BooleanField(default=False)
    published_date = models.DateTimeField(blank=True, null=True)
    duration_minutes = models.PositiveIntegerField(blank=True, null=True)
    enrolled_students_count = models.PositiveIntegerField(default=0)
    avg_rating = models.FloatField(default=0.0)
    total_reviews = models.PositiveIntegerField(default=0)
    last_enrollment_date = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_date", "-id"]
        indexes = [
            models.Index(fields=["-created_date", "-id"], name="course_created_idx"),
            GinIndex(OpClass(Upper("title"), "gin_trgm_ops"), name="course_title_trgm"),
            GinIndex(OpClass(Upper("subtitle"), "gin_trgm_ops"), name="course_subtitle_trgm"),
            GinIndex(OpClass(Upper("description"), "gin_trgm_ops"), name="course_descr_trgm"),
        ]


class CourseInstructor(models.Model):
    course = models.ForeignKey(Course, on_delete=models.CASCADE)
    instructor = models.ForeignKey(User, on_delete=models.CASCADE)
    title = models.CharField(max_length=100, blank=True)
    bio = models.TextField(blank=True)
    is_lead = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        unique_together = [("course", "instructor")]


class Module(models.Model):
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="modules")
    title = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    order = models.PositiveIntegerField(default=1)
    duration_minutes = models.PositiveIntegerField(blank=True, null=True)
    is_published = models.BooleanField(default=True)

    class Meta:
        unique_together = [("course", "order")]
        ordering = ["order"]


class Lesson(TimeStamped):
    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="lessons")
    title = models.CharField(max_length=255)
    order = models.PositiveIntegerField(default=1)
    content = models.TextField()
    guest_content = models.TextField(blank=True, null=True)
    registered_content = models.TextField(blank=True, null=True)
    access_level = models.CharField(max_length=20, choices=choices(ACCESS), default="registered")
    is_free_preview = models.BooleanField(default=False)
    type = models.CharField(max_length=20, choices=choices(LESSON_TYPES), default="video")
    has_assessment = models.BooleanField(default=False)
    has_lab = models.BooleanField(default=False)
    video_url = models.URLField(blank=True)
    transcript = models.TextField(blank=True, null=True)
    duration_minutes = models.PositiveIntegerField(blank=True, null=True)

    class Meta:
        unique_together = [("module", "order")]
        ordering = ["order"]


class Enrollment(TimeStamped):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="enrollments")
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="enrollments")
    status = models.CharField(max_length=20, choices=choices(STATUSES), default="active")
    completion_date = models.DateTimeField(null=True, blank=True)
    last_accessed = models.DateTimeField(auto_now=True, db_index=True)
    total_time_spent = models.PositiveIntegerField(default=0)
    progress_percentage = models.PositiveIntegerField(default=0)
    last_lesson_accessed = models.ForeignKey(Lesson, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        unique_together = [("user", "course")]


class Progress(models.Model):
    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="progress")
    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE)
    is_completed = models.BooleanField(default=False)
    completed_date = models.DateTimeField(null=True, blank=True)
    time_spent = models.PositiveIntegerField(default=0)
    progress_percentage = models.PositiveIntegerField(default=0, validators=[MaxValueValidator(100)])
    notes = models.TextField(blank=True)
    last_accessed = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        unique_together = [("enrollment", "lesson")]


class Review(TimeStamped):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="reviews")
    rating = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    title = models.CharField(max_length=255, blank=True)
    content = models.TextField()
    helpful_count = models.PositiveIntegerField(default=0)
    is_verified_purchase = models.BooleanField(default=False)
    is_approved = models.BooleanField(default=False)
    moderation_notes = models.TextField(blank=True)

    class Meta:
        unique_together = [("user", "course")]
        ordering = ["-created_date"]
