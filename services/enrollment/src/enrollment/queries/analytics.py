"""What learners' activity comes to: days that are rolled up, and the days since then as they are."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.domain.analytics import Count, Range, active_on, by_day, measures_of
from enrollment.models import Enrollment
from enrollment.schemas.analytics import (
    CourseAnalytics,
    CourseDayView,
    DropOff,
    Engagement,
    FunnelStep,
    HourView,
    LearningPatterns,
    LessonTypeView,
    SystemAnalytics,
    SystemDayView,
    UserAnalytics,
    UserDayView,
    UserMeasures,
    WeekdayView,
)

D = TypeVar("D", bound=CourseDayView)

STOPPED_AFTER = timedelta(days=14)

_ROLLED = "day BETWEEN :first AND :last AND day <= (SELECT through FROM activity_watermark)"
_LIVE = """
    hour >= CAST(:begin AS timestamptz) AND hour < CAST(:end AS timestamptz)
    AND hour >= (SELECT CAST(through + 1 AS timestamp) AT TIME ZONE 'UTC' FROM activity_watermark)
"""
_DAY = "(hour AT TIME ZONE 'UTC')::date"

_COURSE_DAYS = text(f"""
    SELECT day, kind, count, seconds, score FROM activity_course_days WHERE course_id = :course_id AND {_ROLLED}
    UNION ALL
    SELECT {_DAY}, kind, sum(count), sum(seconds), sum(score)
    FROM activity WHERE course_id = :course_id AND {_LIVE} GROUP BY 1, 2
    UNION ALL
    SELECT {_DAY}, 'active', count(DISTINCT user_id), 0, 0
    FROM activity WHERE course_id = :course_id AND {_LIVE} GROUP BY 1
""")  # noqa: S608
_SYSTEM_DAYS = text(f"""
    SELECT day, kind, count, seconds, score FROM activity_course_days WHERE course_id = 0 AND {_ROLLED}
    UNION ALL
    SELECT {_DAY}, kind, sum(count), sum(seconds), sum(score) FROM activity WHERE {_LIVE} GROUP BY 1, 2
    UNION ALL
    SELECT {_DAY}, 'active', count(DISTINCT user_id), 0, 0 FROM activity WHERE {_LIVE} AND course_id <> 0 GROUP BY 1
""")  # noqa: S608
_USER_DAYS = text(f"""
    SELECT day, kind, count, seconds, score FROM activity_user_days WHERE user_id = :user_id AND {_ROLLED}
    UNION ALL
    SELECT {_DAY}, kind, sum(count), sum(seconds), sum(score)
    FROM activity WHERE user_id = :user_id AND {_LIVE} GROUP BY 1, 2
""")  # noqa: S608
_HOURS = text(f"""
    SELECT day, hour, sum(count) AS count, sum(seconds) AS seconds FROM (
        SELECT extract(isodow FROM day)::int AS day, hour::int, count, seconds
        FROM activity_course_hours WHERE course_id = :course_id AND {_ROLLED}
        UNION ALL
        SELECT extract(isodow FROM hour AT TIME ZONE 'UTC')::int, extract(hour FROM hour AT TIME ZONE 'UTC')::int,
            count, seconds
        FROM activity WHERE course_id = :course_id AND kind = 'worked' AND {_LIVE}
    ) AS worked GROUP BY 1, 2
""")  # noqa: S608
_LESSONS = text(f"""
    SELECT lessons.lesson_id, title, type,
        coalesce(sum(count) FILTER (WHERE kind = 'started'), 0)::bigint AS started,
        greatest(coalesce(sum(count) FILTER (WHERE kind = 'finished'), 0), 0)::bigint AS completed,
        coalesce(sum(seconds), 0)::bigint AS seconds
    FROM lessons LEFT JOIN (
        SELECT lesson_id, kind, count, seconds
        FROM activity_lesson_days WHERE course_id = :course_id AND {_ROLLED}
        UNION ALL
        SELECT lesson_id, kind, count, seconds
        FROM activity WHERE course_id = :course_id AND lesson_id <> 0 AND {_LIVE}
    ) AS done ON done.lesson_id = lessons.lesson_id
    WHERE lessons.course_id = :course_id AND is_counted
    GROUP BY lessons.course_id, lessons.lesson_id
    ORDER BY module_order, module_id, "order", lessons.lesson_id
""")  # noqa: S608
_TOTALS = text("""
    SELECT coalesce(sum(count) FILTER (WHERE kind = 'enrolled'), 0)::bigint AS enrollments,
        coalesce(sum(count) FILTER (WHERE kind = 'completed'), 0)::bigint AS completions
    FROM (
        SELECT kind, count FROM activity_course_days
        WHERE course_id = 0 AND kind IN ('enrolled', 'completed')
            AND day <= (SELECT through FROM activity_watermark)
        UNION ALL
        SELECT kind, count FROM activity
        WHERE kind IN ('enrolled', 'completed')
            AND hour >= (SELECT CAST(through + 1 AS timestamp) AT TIME ZONE 'UTC' FROM activity_watermark)
    ) AS told
""")


async def get_course_analytics(
    session: AsyncSession, course_id: int, days: Range, *, now: datetime
) -> CourseAnalytics:  # fmt: skip
    """Engagement, patterns, funnel and drop-off of a course. One that is not known has nothing in it."""
    values = {"course_id": course_id} | _values(days)
    lessons = (await session.execute(_LESSONS, values)).all()
    return CourseAnalytics(
        course=course_id,
        first=days.first,
        last=days.last,
        engagement=await _engagement(session, values),
        learning_patterns=await _patterns(session, values, lessons),
        funnel=[
            FunnelStep(
                lesson=row.lesson_id,
                title=row.title,
                started=row.started,
                completed=row.completed,
                seconds=row.seconds,
            )
            for row in lessons
        ],
        drop_off=await _drop_off(session, course_id, now),
    )


async def get_user_analytics(session: AsyncSession, user_id: int, days: Range) -> UserAnalytics:
    """What a user did, by day."""
    counts = await _counts(session, _USER_DAYS, {"user_id": user_id} | _values(days))
    return UserAnalytics(
        user=user_id,
        first=days.first,
        last=days.last,
        totals=UserMeasures(**measures_of(counts)),
        days=[UserDayView(day=day, **measures_of(rows)) for day, rows in by_day(counts).items()],
    )


async def get_system_analytics(session: AsyncSession, days: Range) -> SystemAnalytics:
    """All courses: enrollments and completions since the beginning, and what was done by day."""
    totals = (await session.execute(_TOTALS)).one()
    counts = await _counts(session, _SYSTEM_DAYS, _values(days))
    return SystemAnalytics(
        enrollments=totals.enrollments,
        completions=totals.completions,
        first=days.first,
        last=days.last,
        days=_days(counts, SystemDayView),
    )


async def list_work_days(session: AsyncSession, user_id: int, days: Range) -> list[Count]:
    """Days on which the user learned, with the seconds."""
    counts = await _counts(session, _USER_DAYS, {"user_id": user_id} | _values(days))
    return [row for row in counts if row.kind in ("worked", "graded")]


def _values(days: Range) -> dict[str, Any]:
    end = datetime.combine(days.last, time(), tzinfo=UTC) + timedelta(days=1)
    begin = datetime.combine(days.first, time(), tzinfo=UTC)
    return {"first": days.first, "last": days.last, "begin": begin, "end": end}


async def _counts(session: AsyncSession, statement: Any, values: dict[str, Any]) -> list[Count]:
    rows = await session.execute(statement, values)
    return [Count(row.day, row.kind, int(row.count), int(row.seconds), int(row.score)) for row in rows.mappings()]


def _days(counts: Sequence[Count], kind: type[D]) -> list[D]:
    return [kind(day=day, active_learners=active_on(rows), **measures_of(rows)) for day, rows in by_day(counts).items()]


async def _engagement(session: AsyncSession, values: dict[str, Any]) -> Engagement:
    counts = await _counts(session, _COURSE_DAYS, values)
    active = await session.scalar(
        select(func.count())
        .select_from(Enrollment)
        .where(Enrollment.course_id == values["course_id"], Enrollment.last_accessed >= values["begin"])
    )
    measures = measures_of(counts)
    return Engagement(
        **measures,
        active_learners=active or 0,
        average_visit_seconds=measures["seconds"] // measures["visits"] if measures["visits"] else 0,
        days=_days(counts, CourseDayView),
    )


async def _patterns(session: AsyncSession, values: dict[str, Any], lessons: Sequence[Any]) -> LearningPatterns:
    rows = (await session.execute(_HOURS, values)).mappings().all()
    hours, weekdays = {hour: [0, 0] for hour in range(24)}, {day: [0, 0] for day in range(1, 8)}
    for row in rows:
        for found in (hours[row["hour"]], weekdays[row["day"]]):
            found[0] += int(row["seconds"])
            found[1] += int(row["count"])
    types: dict[str, list[int]] = {}
    for lesson in lessons:
        of_type = types.setdefault(lesson.type, [0, 0, 0])
        for place, number in enumerate((lesson.seconds, lesson.started, lesson.completed)):
            of_type[place] += number
    return LearningPatterns(
        by_hour=[HourView(hour=hour, seconds=sums[0], actions=sums[1]) for hour, sums in hours.items()],
        by_weekday=[WeekdayView(weekday=day, seconds=sums[0], actions=sums[1]) for day, sums in weekdays.items()],
        by_lesson_type=[
            LessonTypeView(type=kind, seconds=sums[0], started=sums[1], completed=sums[2])
            for kind, sums in sorted(types.items())
        ],
    )


async def _drop_off(session: AsyncSession, course_id: int, now: datetime) -> list[DropOff]:
    """The places where most learners stopped, the first hundred."""
    learners = func.count().label("learners")
    rows = await session.execute(
        select(Enrollment.last_lesson_accessed, learners)
        .where(
            Enrollment.course_id == course_id,
            Enrollment.status == "active",
            Enrollment.last_accessed < now - STOPPED_AFTER,
        )
        .group_by(Enrollment.last_lesson_accessed)
        .order_by(learners.desc(), Enrollment.last_lesson_accessed)
        .limit(100)
    )
    return [DropOff(lesson=row.last_lesson_accessed, learners=row.learners) for row in rows]


def last_days(today: date, number: int) -> Range:
    """The last days, today included."""
    return Range(today - timedelta(days=number - 1), today)
