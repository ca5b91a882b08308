"""The seed's signals: on enrolment and on progress."""

from django.db.models import Count, F, Q, Sum
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone
from rest_framework.authtoken.models import Token

from .models import Course, Enrollment, Lesson, Progress, User


@receiver(post_save, sender=User)
def make_token(sender, instance, created, **kwargs):
    if created:
        Token.objects.create(user=instance)


@receiver(post_save, sender=Enrollment)
def enrollment_saved(sender, instance, created, **kwargs):
    if not created:
        return
    lesson_ids = Lesson.objects.filter(module__course_id=instance.course_id).values_list("id", flat=True)
    Progress.objects.bulk_create([Progress(enrollment=instance, lesson_id=i) for i in lesson_ids])
    Course.objects.filter(pk=instance.course_id).update(
        enrolled_students_count=F("enrolled_students_count") + 1, last_enrollment_date=timezone.now()
    )


@receiver(post_save, sender=Progress)
def progress_saved(sender, instance, created, **kwargs):
    enrollment = instance.enrollment
    sums = enrollment.progress.aggregate(
        total=Count("id"), done=Count("id", filter=Q(is_completed=True)), spent=Sum("time_spent")
    )
    percentage = round(100 * sums["done"] / sums["total"]) if sums["total"] else 0
    enrollment.progress_percentage = percentage
    enrollment.total_time_spent = sums["spent"] or 0
    enrollment.last_lesson_accessed_id = instance.lesson_id
    fields = ["progress_percentage", "total_time_spent", "last_lesson_accessed", "last_accessed", "updated_date"]
    if sums["total"] and sums["done"] == sums["total"] and enrollment.status == "active":
        enrollment.status = "completed"
        enrollment.completion_date = timezone.now()
        fields += ["status", "completion_date"]
    enrollment.save(update_fields=fields)
