from django.utils import timezone
from rest_framework import serializers

from .models import Category, Course, CourseInstructor, Enrollment, Lesson, Module, Progress, Review


class CategorySerializer(serializers.ModelSerializer):
    course_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = Category
        fields = [
            "id",
            "name",
            "slug",
            "description",
            "icon",
            "sort_order",
            "course_count",
            "created_date",
            "updated_date",
        ]


class CategoryBriefSerializer(serializers.ModelSerializer):
    class Meta:
        model = Category
        fields = ["id", "name", "slug", "icon"]


class InstructorSerializer(serializers.ModelSerializer):
    id = serializers.IntegerField(source="instructor.id")
    username = serializers.CharField(source="instructor.username")
    name = serializers.CharField(source="instructor.get_full_name")

    class Meta:
        model = CourseInstructor
        fields = ["id", "username", "name", "title", "bio", "is_lead"]


class InstructorBriefSerializer(InstructorSerializer):
    class Meta(InstructorSerializer.Meta):
        fields = ["id", "name", "title", "is_lead"]


class CourseListSerializer(serializers.ModelSerializer):
    category = CategoryBriefSerializer()
    instructors = InstructorBriefSerializer(source="courseinstructor_set", many=True)
    level_display = serializers.CharField(source="get_level_display")
    discount_active = serializers.SerializerMethodField()

    class Meta:
        model = Course
        fields = [
            "id",
            "title",
            "subtitle",
            "slug",
            "category",
            "instructors",
            "thumbnail",
            "price",
            "discount_price",
            "discount_ends",
            "discount_active",
            "level",
            "level_display",
            "is_featured",
            "has_certificate",
            "duration_minutes",
            "enrolled_students_count",
            "avg_rating",
            "total_reviews",
            "version",
            "is_draft",
            "creation_method",
            "published_date",
            "created_date",
            "updated_date",
        ]

    def get_discount_active(self, course):
        return bool(
            course.discount_price is not None and course.discount_ends and course.discount_ends > timezone.now()
        )


class LessonBriefSerializer(serializers.ModelSerializer):
    is_completed = serializers.SerializerMethodField()

    class Meta:
        model = Lesson
        fields = [
            "id",
            "title",
            "order",
            "type",
            "access_level",
            "is_free_preview",
            "has_assessment",
            "has_lab",
            "duration_minutes",
            "is_completed",
        ]

    def get_is_completed(self, lesson):
        return lesson.id in self.context.get("completed", ())


class ModuleSerializer(serializers.ModelSerializer):
    lessons = LessonBriefSerializer(many=True)

    class Meta:
        model = Module
        fields = ["id", "title", "description", "order", "duration_minutes", "lessons"]


class ReviewSerializer(serializers.ModelSerializer):
    user = serializers.CharField(source="user.username")

    class Meta:
        model = Review
        fields = ["id", "user", "rating", "title", "content", "helpful_count", "is_verified_purchase", "created_date"]


class CourseDetailSerializer(CourseListSerializer):
    instructors = InstructorSerializer(source="courseinstructor_set", many=True)
    modules = ModuleSerializer(many=True)
    recent_reviews = ReviewSerializer(many=True)
    is_enrolled = serializers.SerializerMethodField()
    user_progress = serializers.SerializerMethodField()

    class Meta(CourseListSerializer.Meta):
        fields = CourseListSerializer.Meta.fields + [
            "description",
            "requirements",
            "skills",
            "learning_objectives",
            "target_audience",
            "completion_status",
            "completion_percentage",
            "parent_version",
            "last_enrollment_date",
            "modules",
            "recent_reviews",
            "is_enrolled",
            "user_progress",
        ]

    def get_is_enrolled(self, course):
        return self.context.get("enrollment") is not None

    def get_user_progress(self, course):
        enrollment = self.context.get("enrollment")
        if enrollment is None:
            return None
        return {
            "enrollment_id": enrollment.id,
            "status": enrollment.status,
            "progress_percentage": enrollment.progress_percentage,
            "total_time_spent": enrollment.total_time_spent,
            "last_lesson_accessed": enrollment.last_lesson_accessed_id,
            "completed_lessons": len(self.context["completed"]),
            "last_accessed": enrollment.last_accessed,
        }


class LessonSerializer(serializers.ModelSerializer):
    module = serializers.SerializerMethodField()
    course = serializers.SerializerMethodField()
    content = serializers.SerializerMethodField()
    access = serializers.SerializerMethodField()

    class Meta:
        model = Lesson
        fields = [
            "id",
            "title",
            "order",
            "type",
            "module",
            "course",
            "access_level",
            "access",
            "is_free_preview",
            "has_assessment",
            "has_lab",
            "duration_minutes",
            "video_url",
            "content",
            "created_date",
            "updated_date",
        ]

    def get_module(self, lesson):
        return {"id": lesson.module_id, "title": lesson.module.title, "order": lesson.module.order}

    def get_course(self, lesson):
        course = lesson.module.course
        return {"id": course.id, "title": course.title, "slug": course.slug}

    def get_access(self, lesson):
        return self.context["access"]

    def get_content(self, lesson):
        access = self.context["access"]
        if lesson.is_free_preview or access == "premium":
            return lesson.content
        if access == "registered":
            return lesson.content if lesson.access_level == "registered" else lesson.registered_content
        return lesson.content if lesson.access_level == "guest" else lesson.guest_content


class EnrollmentSerializer(serializers.ModelSerializer):
    course = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = Enrollment
        fields = [
            "id",
            "course",
            "status",
            "progress_percentage",
            "total_time_spent",
            "last_lesson_accessed",
            "completion_date",
            "last_accessed",
            "created_date",
        ]


class ProgressSerializer(serializers.ModelSerializer):
    class Meta:
        model = Progress
        fields = [
            "id",
            "enrollment",
            "lesson",
            "is_completed",
            "completed_date",
            "time_spent",
            "progress_percentage",
            "notes",
            "last_accessed",
        ]
        read_only_fields = ["enrollment", "lesson", "completed_date"]
        extra_kwargs = {"time_spent": {"required": False}, "notes": {"required": False}}

    def update(self, instance, validated):
        if validated.get("is_completed") and not instance.is_completed:
            instance.completed_date = timezone.now()
            validated.setdefault("progress_percentage", 100)
        return super().update(instance, validated)
