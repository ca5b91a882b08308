"""The peer's data, copied by SQL into the five schemas as the services themselves would have written it.

Every service's copies are right and every counter is what its rows come to (`python -m enrollment recount --check`).
Where the peer has progress rows for one enrollment in twelve, this system has them for every enrollment, as it always
does: twelve times as many.
"""

import hashlib
import re
import subprocess
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from gateway.identity.hashing import hash_password
from gateway.identity.tokens import TokenVault
from shared.runtime.keys import TOKEN_KEY
from shared.runtime.stack import Stack

PASSWORD = "password"
MOST_DRAWN = 5000
"""Users that the load scripts know, however many there are."""

_STATEMENTS = (
    # --- the gateway: users, what they paid for, and its copies
    """INSERT INTO gateway.users (id, email, password_hash, first_name, last_name, role, is_active, date_joined,
        updated_date, revision, is_email_verified)
    SELECT id, email, %(hash)s, first_name, last_name, role, true, date_joined, date_joined, 1, true
    FROM drf.courses_user""",
    """INSERT INTO gateway.subscriptions (user_id, tier, created_date, updated_date)
    SELECT id, CASE WHEN is_premium THEN 'premium' ELSE 'free' END, now(), now() FROM drf.courses_user""",
    """INSERT INTO gateway.courses (course_id, title, slug, is_published, is_deleted, revision)
    SELECT id, title, slug, true, false, 1 FROM drf.courses_course""",
    """INSERT INTO gateway.course_staff (course_id, user_id, is_lead, revision)
    SELECT course_id, instructor_id, is_lead, 1 FROM drf.courses_courseinstructor""",
    """INSERT INTO gateway.course_members (course_id, user_id, enrollment_id, status, revision)
    SELECT course_id, user_id, id, 'active', 1 FROM drf.courses_enrollment""",
    # --- the catalog
    """INSERT INTO catalog.users (user_id, revision, full_name, role, is_active)
    SELECT id, 1, first_name || ' ' || last_name, role, true FROM drf.courses_user""",
    "DELETE FROM catalog.categories",  # those that every new system has
    """INSERT INTO catalog.categories (id, revision, name, slug, description, icon, sort_order, is_active,
        created_date, updated_date)
    SELECT id, 1, name, slug, description, icon, sort_order, is_active, created_date, updated_date
    FROM drf.courses_category""",
    """INSERT INTO catalog.courses (id, revision, slug, title, subtitle, description, category_id, thumbnail, price,
        discount_price, discount_ends, requirements, skills, learning_objectives, tags, target_audience, level,
        language, creation_method, completion_status, completion_percentage, version, family_id, is_draft,
        is_published, published_date, is_deleted, has_certificate, is_featured, duration_minutes, lessons_count,
        enrolled_students_count, avg_rating, total_reviews, rating_revision, outline, created_date, updated_date)
    SELECT id, 1, slug, left(title, 160), subtitle, description, category_id, thumbnail, price, discount_price,
        discount_ends, requirements, skills, learning_objectives, '[]', target_audience, level, 'en', creation_method,
        completion_status, completion_percentage, 1.0, id, false, true, published_date, false, has_certificate,
        is_featured, duration_minutes, 48, learners.number, avg_rating, total_reviews, 1,
        concat_ws(E'\n', modules.titles, lessons.titles), created_date, updated_date
    FROM drf.courses_course
    CROSS JOIN LATERAL (SELECT count(*)::int AS number FROM drf.courses_enrollment
        WHERE course_id = courses_course.id) AS learners
    CROSS JOIN LATERAL (SELECT string_agg(title, E'\n' ORDER BY "order") AS titles FROM drf.courses_module
        WHERE course_id = courses_course.id) AS modules
    CROSS JOIN LATERAL (SELECT string_agg(courses_lesson.title, E'\n') AS titles
        FROM drf.courses_lesson JOIN drf.courses_module ON courses_module.id = module_id
        WHERE course_id = courses_course.id) AS lessons""",
    """INSERT INTO catalog.course_instructors (course_id, user_id, title, bio, is_lead, is_active, created_date,
        updated_date)
    SELECT course_id, instructor_id, title, bio, is_lead, true, now(), now() FROM drf.courses_courseinstructor""",
    """INSERT INTO catalog.modules (id, course_id, title, description, "order", duration_minutes, is_published,
        created_date, updated_date)
    SELECT id, course_id, title, description, "order", duration_minutes, true, now(), now()
    FROM drf.courses_module ORDER BY course_id, id""",
    """INSERT INTO catalog.lessons (id, module_id, title, "order", type, content, guest_content, registered_content,
        access_level, is_free_preview, has_lab, video_url, duration_minutes, resources_count, created_date,
        updated_date)
    SELECT id, module_id, title, "order", type, content, guest_content, registered_content, access_level,
        is_free_preview, has_lab, video_url, duration_minutes, 0, created_date, updated_date
    FROM drf.courses_lesson ORDER BY module_id, id""",
    """INSERT INTO catalog.enrollments (enrollment_id, revision, user_id, course_id, status)
    SELECT id, 1, user_id, course_id, 'active' FROM drf.courses_enrollment""",
    """INSERT INTO catalog.lesson_assessments (assessment_id, revision, lesson_id, is_deleted)
    SELECT id, 1, id, false FROM drf.courses_lesson WHERE has_assessment""",
    # --- enrollment
    """INSERT INTO enrollment.users (user_id, revision, full_name, role, is_active)
    SELECT id, 1, first_name || ' ' || last_name, role, true FROM drf.courses_user""",
    """INSERT INTO enrollment.courses (course_id, revision, slug, title, thumbnail, price, discount_price,
        discount_ends, is_draft, is_published, is_deleted, staff)
    SELECT id, 1, slug, title, thumbnail, price, discount_price, discount_ends, false, true, false, staff
    FROM drf.courses_course JOIN staff ON staff.course_id = id""",
    """INSERT INTO enrollment.lessons (course_id, lesson_id, module_id, module_title, module_order, title, "order",
        type, is_counted, duration_minutes)
    SELECT course_id, l.id, module_id, m.title, m."order", l.title, l."order", l.type, true, l.duration_minutes
    FROM drf.courses_lesson AS l JOIN drf.courses_module AS m ON m.id = module_id
    ORDER BY course_id, module_id, l.id""",
    """INSERT INTO enrollment.enrollments (id, user_id, course_id, progress_percentage, completed_lessons,
        total_lessons, total_time_spent, last_accessed, created_date)
    OVERRIDING SYSTEM VALUE
    SELECT e.id, user_id, course_id, coalesce(100 * done / 48, 0), coalesce(done, 0), 48, coalesce(seconds, 0),
        last_accessed, created_date
    FROM drf.courses_enrollment AS e LEFT JOIN (
        SELECT enrollment_id, count(*) FILTER (WHERE is_completed) AS done, sum(time_spent) AS seconds
        FROM drf.courses_progress GROUP BY enrollment_id) AS p ON enrollment_id = e.id""",
    """INSERT INTO enrollment.progress (enrollment_id, lesson_id, is_completed, completed_date, time_spent,
        progress_percentage, last_accessed)
    SELECT e.id, l.lesson_id, coalesce(is_completed, false), completed_date, coalesce(time_spent, 0),
        coalesce(p.progress_percentage, 0), p.last_accessed
    FROM drf.courses_enrollment AS e JOIN enrollment.lessons AS l USING (course_id)
    LEFT JOIN drf.courses_progress AS p ON p.enrollment_id = e.id AND p.lesson_id = l.lesson_id
    ORDER BY e.id, l.lesson_id""",
    """INSERT INTO enrollment.reviews (id, user_id, course_id, rating, title, content, status, created_date)
    OVERRIDING SYSTEM VALUE
    SELECT id, user_id, course_id, rating, title, content, CASE WHEN is_approved THEN 'approved' ELSE 'pending' END,
        created_date
    FROM drf.courses_review""",
    """INSERT INTO enrollment.ratings (course_id, revision, star_1, star_2, star_3, star_4, star_5)
    SELECT course_id, 1, count(*) FILTER (WHERE rating = 1), count(*) FILTER (WHERE rating = 2),
        count(*) FILTER (WHERE rating = 3), count(*) FILTER (WHERE rating = 4), count(*) FILTER (WHERE rating = 5)
    FROM drf.courses_review WHERE is_approved GROUP BY course_id""",
    """INSERT INTO enrollment.assessments (assessment_id, revision, course_id, lesson_id, is_required, is_deleted)
    SELECT lesson_id, 1, course_id, lesson_id, false, false
    FROM enrollment.lessons JOIN drf.courses_lesson ON id = lesson_id WHERE has_assessment""",
    # --- assessment and certificate
    """INSERT INTO assessment.courses (course_id, revision, slug, title, staff, is_published, is_deleted)
    SELECT id, 1, slug, title, user_ids, true, false FROM drf.courses_course JOIN staff ON staff.course_id = id""",
    """INSERT INTO assessment.lessons (lesson_id, course_id, title)
    SELECT lesson_id, course_id, title FROM enrollment.lessons""",
    """INSERT INTO assessment.enrollments (enrollment_id, revision, user_id, course_id, status)
    SELECT id, 1, user_id, course_id, 'active' FROM drf.courses_enrollment""",
    """INSERT INTO assessment.assessments (id, revision, lesson_id, course_id, title, description, time_limit,
        passing_score, max_attempts, is_required, randomize_questions, randomize_answers, show_results, feedback_mode,
        partial_credit, penalty_fraction, scoring_policy, cooldown_first_seconds, cooldown_next_seconds, is_deleted,
        created_date, updated_date)
    SELECT lesson_id, 1, lesson_id, course_id, title, '', 0, 70, 3, false, false, false, true, 'after_completion',
        false, 0, 'highest', 0, 0, false, now(), now()
    FROM enrollment.lessons WHERE lesson_id IN (SELECT assessment_id FROM enrollment.assessments)""",
    """INSERT INTO certificate.users (user_id, revision, full_name)
    SELECT id, 1, first_name || ' ' || last_name FROM drf.courses_user""",
    """INSERT INTO certificate.courses (course_id, revision, slug, title, level, duration_minutes, has_certificate,
        is_deleted, staff)
    SELECT id, 1, slug, title, level, duration_minutes, has_certificate, false, staff
    FROM drf.courses_course JOIN staff ON staff.course_id = id""",
    """INSERT INTO certificate.assessments (assessment_id, revision, course_id, is_required, is_deleted)
    SELECT assessment_id, 1, course_id, false, false FROM enrollment.assessments""",
)
_STAFF = """CREATE TEMPORARY TABLE staff AS
    SELECT course_id, jsonb_agg(instructor_id ORDER BY is_lead DESC) AS user_ids,
        jsonb_agg(jsonb_build_object('user_id', instructor_id, 'name', first_name || ' ' || last_name, 'title', title,
            'bio', bio, 'is_lead', is_lead, 'is_active', true) ORDER BY is_lead DESC) AS staff
    FROM drf.courses_courseinstructor JOIN drf.courses_user ON courses_user.id = instructor_id GROUP BY course_id"""
_SEQUENCES = (
    "gateway.users",
    "catalog.categories",
    "catalog.courses",
    "catalog.modules",
    "catalog.lessons",
    "enrollment.enrollments",
    "enrollment.reviews",
    "assessment.assessments",
)


def fill(stack: Stack) -> None:
    """Copy everything. The services must not be running.

    Rows lie as they do when a course is written and a learner enrolls: those of one course, and of one enrollment,
    together. At the peer as well.
    """
    vault = TokenVault.of_file(stack.wiring.keys / TOKEN_KEY)
    url = make_conninfo(stack.database.url, dbname=stack.database_name)
    with psycopg.connect(url) as admin:
        admin.execute(_STAFF)
        admin.execute("SET search_path = drf, extensions")
        for statement in _STATEMENTS:
            # Columns that are computed name things without their schema.
            schema = statement.split(" ", 3)[2].split(".")[0]
            admin.execute(f"SET LOCAL search_path = {schema}, extensions")
            admin.execute(statement, {"hash": hash_password(PASSWORD)} if "%(hash)s" in statement else None)
        users = [row[0] for row in admin.execute("SELECT id FROM drf.courses_user ORDER BY id")]
        copy = "COPY gateway.tokens (user_id, lookup, sealed, created_date) FROM STDIN"
        with admin.cursor().copy(copy) as rows:
            for user in users:
                token = token_of(user)
                rows.write_row((user, vault.lookup(token), vault.seal(token, user), "now"))
        for table in _SEQUENCES:
            admin.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("VACUUM ANALYZE")
        admin.execute("CHECKPOINT")


def token_of(user: int) -> str:
    """The token of a user, at the peer and here."""
    return hashlib.sha256(f"token{user}".encode()).hexdigest()[:40]


def differences(stack: Stack) -> int:
    """How many counters of enrollment are not what their rows come to."""
    command = [*stack.command("enrollment", "recount"), "--check"]
    done = subprocess.run(command, env=stack.environment("enrollment"), check=False, stdout=subprocess.PIPE, text=True)
    found = re.search(r"^(\d+) differences", done.stdout, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"the counters could not be checked\n{done.stdout}")
    return int(found[1])


def check(stack: Stack) -> None:
    """Raises RuntimeError when a counter is wrong."""
    if wrong := differences(stack):
        raise RuntimeError(f"{wrong} counters of enrollment are wrong")


def write_lists(stack: Stack, folder: Path) -> None:
    """For the load scripts: tokens of users, and progress rows of each side with their owners' tokens."""
    rows = {
        "drf": "SELECT p.id, e.user_id FROM drf.courses_progress p"
        " JOIN drf.courses_enrollment e ON e.id = enrollment_id WHERE true",
        "ours": "SELECT p.id, e.user_id FROM enrollment.progress p"
        " JOIN enrollment.enrollments e ON e.id = enrollment_id"
        " WHERE e.id %% 12 = 1",
    }
    with psycopg.connect(make_conninfo(stack.database.url, dbname=stack.database_name)) as admin:
        users = [row[0] for row in admin.execute("SELECT id FROM drf.courses_user ORDER BY id LIMIT %s", [MOST_DRAWN])]
        for side, statement in rows.items():
            (folder / f"tokens_{side}.txt").write_text("".join(f"{token_of(user)}\n" for user in users))
            drawn = f"{statement} AND e.user_id <= %s ORDER BY md5(p.id::text) LIMIT 20000"
            chosen = admin.execute(drawn, [users[-1]]).fetchall()
            (folder / f"progress_{side}.txt").write_text("".join(f"{row} {token_of(user)}\n" for row, user in chosen))
