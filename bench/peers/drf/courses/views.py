import django_filters
from django.db import IntegrityError, transaction
from django.db.models import Count, Prefetch, Q
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from . import serializers as s
from .models import Category, Course, CourseInstructor, Enrollment, Lesson, Module, Progress, Review


class CategoryViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Category.objects.filter(is_active=True).annotate(
        course_count=Count("courses", filter=Q(courses__is_published=True))
    )
    serializer_class = s.CategorySerializer
    lookup_field = "slug"
    filter_backends = [SearchFilter]
    search_fields = ["name", "description"]


class CourseFilter(django_filters.FilterSet):
    category = django_filters.CharFilter(field_name="category__slug")
    max_price = django_filters.NumberFilter(field_name="price", lookup_expr="lte")

    class Meta:
        model = Course
        fields = ["category", "level", "max_price", "is_featured", "is_draft", "creation_method"]


class CourseViewSet(viewsets.ReadOnlyModelViewSet):
    lookup_field = "slug"
    filter_backends = [django_filters.rest_framework.DjangoFilterBackend, SearchFilter]
    filterset_class = CourseFilter
    search_fields = ["title", "subtitle", "description"]

    def get_serializer_class(self):
        return s.CourseDetailSerializer if self.action == "retrieve" else s.CourseListSerializer

    def get_queryset(self):
        instructors = Prefetch(
            "courseinstructor_set", CourseInstructor.objects.filter(is_active=True).select_related("instructor")
        )
        base = Course.objects.filter(is_published=True, is_draft=False)
        if self.action == "retrieve":
            return base.select_related("category").prefetch_related(
                instructors,
                Prefetch("modules", Module.objects.filter(is_published=True)),
                # the bodies of 48 lessons are not shown in the outline: do not read them
                Prefetch(
                    "modules__lessons",
                    Lesson.objects.defer("content", "guest_content", "registered_content", "transcript"),
                ),
            )
        if self.action == "enroll":
            return base
        return (
            base.select_related("category")
            .prefetch_related(instructors)
            .defer("description", "requirements", "skills", "learning_objectives", "target_audience")
        )

    def retrieve(self, request, *args, **kwargs):
        course = self.get_object()
        course.recent_reviews = list(Review.objects.filter(course=course, is_approved=True).select_related("user")[:5])
        context = self.get_serializer_context()
        context["completed"] = ()
        if request.user.is_authenticated:
            enrollment = Enrollment.objects.filter(user=request.user, course=course).first()
            if enrollment is not None:
                context["enrollment"] = enrollment
                context["completed"] = set(
                    enrollment.progress.filter(is_completed=True).values_list("lesson_id", flat=True)
                )
        return Response(s.CourseDetailSerializer(course, context=context).data)

    @action(detail=True, methods=["post"], permission_classes=[IsAuthenticated])
    def enroll(self, request, slug=None):
        course = self.get_object()
        try:
            with transaction.atomic():
                enrollment = Enrollment.objects.create(user=request.user, course=course)
        except IntegrityError:
            return Response({"detail": "Already enrolled in this course."}, status=status.HTTP_400_BAD_REQUEST)
        return Response(s.EnrollmentSerializer(enrollment).data, status=status.HTTP_201_CREATED)


class LessonViewSet(mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    queryset = Lesson.objects.select_related("module__course").defer("module__course__description")
    serializer_class = s.LessonSerializer

    def retrieve(self, request, *args, **kwargs):
        lesson = self.get_object()
        access = "guest"
        if (
            request.user.is_authenticated
            and Enrollment.objects.filter(
                user=request.user, course_id=lesson.module.course_id, status__in=["active", "completed"]
            ).exists()
        ):
            access = "premium" if request.user.is_premium else "registered"
        context = {**self.get_serializer_context(), "access": access}
        return Response(s.LessonSerializer(lesson, context=context).data)


class EnrollmentViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    serializer_class = s.EnrollmentSerializer
    permission_classes = [IsAuthenticated]

    def get_queryset(self):
        return Enrollment.objects.filter(user=self.request.user).select_related("course").order_by("-last_accessed")


class ProgressViewSet(mixins.ListModelMixin, mixins.UpdateModelMixin, viewsets.GenericViewSet):
    serializer_class = s.ProgressSerializer
    permission_classes = [IsAuthenticated]
    http_method_names = ["get", "put", "head", "options"]

    def get_queryset(self):
        return Progress.objects.filter(enrollment__user=self.request.user).select_related("enrollment").order_by("id")

    @transaction.atomic
    def update(self, request, *args, **kwargs):
        return super().update(request, *args, **kwargs)
