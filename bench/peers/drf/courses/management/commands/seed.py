"""Deterministic data, made inside PostgreSQL."""

from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand
from django.db import connection, transaction

SQL = r"""
CREATE OR REPLACE FUNCTION pg_temp.words(seed bigint, n int) RETURNS text LANGUAGE sql IMMUTABLE AS $f$
  SELECT string_agg((ARRAY['data','learning','python','design','system','course','student','practice','project',
    'model','network','analysis','language','history','music','photography','business','marketing','finance','physics',
    'chemistry','biology','statistics','algebra','geometry','writing','drawing','painting','cooking','security',
    'database','cloud','mobile','frontend','backend','testing','deployment','container','gradient','matrix',
    'vector','function','variable','object','class','interface','pattern','theory','method','science',
    'health','yoga','leadership','strategy','negotiation','research','essay','grammar','poetry','theatre'])
    [1 + ((hashtextextended(i::text, seed) & 2147483647) %% 60)], ' ') FROM generate_series(1, n) i
$f$;

-- rarer words, 5,000 of them, so that a search can be selective
CREATE OR REPLACE FUNCTION pg_temp.topics(seed bigint, n int) RETURNS text LANGUAGE sql IMMUTABLE AS $f$
  SELECT string_agg('topic' || to_hex(4096 + (hashtextextended(i::text, seed) & 2147483647) %% 5000), ' ') FROM generate_series(1, n) i
$f$;

INSERT INTO courses_category (id, name, description, icon, sort_order, slug, is_active, created_date, updated_date)
SELECT i, 'Category ' || i || ' ' || pg_temp.words(i, 1), pg_temp.words(i + 1000, 20), 'fa-book-' || i, i, 'category-' || i, true, now(), now()
FROM generate_series(1, 50) i;

INSERT INTO courses_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined, role, is_premium)
SELECT i, %(password)s, false, 'user' || i, initcap(pg_temp.words(i, 1)), initcap(pg_temp.words(i + 7, 1)), 'user' || i || '@example.org',
       false, true, now(), CASE WHEN i <= %(teachers)s THEN 'instructor' ELSE 'student' END, i %% 4 = 0
FROM generate_series(1, %(users)s) i;
INSERT INTO authtoken_token (key, created, user_id)
SELECT substr(encode(sha256(('token' || id)::bytea), 'hex'), 1, 40), now(), id FROM courses_user;

INSERT INTO courses_course (id, title, subtitle, slug, description, category_id, thumbnail, price, discount_price, discount_ends,
  requirements, skills, learning_objectives, target_audience, creation_method, completion_status, completion_percentage, version,
  is_draft, has_certificate, is_featured, level, is_published, published_date, duration_minutes, enrolled_students_count, avg_rating,
  total_reviews, created_date, updated_date)
SELECT i, initcap(pg_temp.words(i, 4)) || ' ' || i, pg_temp.words(i + 1000000, 8), 'course-' || i,
  pg_temp.words(i + 2000000, 90) || ' ' || pg_temp.topics(i, 4), 1 + i %% 50,
  'courses/thumbnails/' || md5(i::text) || '.webp', 100 + (i * 37) %% 900, CASE WHEN i %% 3 = 0 THEN 90 + (i * 37) %% 900 - 10 END,
  CASE WHEN i %% 3 = 0 THEN now() + interval '30 days' END,
  jsonb_build_array(pg_temp.words(i, 4), pg_temp.words(i + 1, 4), pg_temp.words(i + 2, 4)),
  to_jsonb(string_to_array(pg_temp.words(i + 3, 5), ' ')),
  jsonb_build_array(pg_temp.words(i + 4, 6), pg_temp.words(i + 5, 6), pg_temp.words(i + 6, 6), pg_temp.words(i + 7, 6)),
  pg_temp.words(i + 3000000, 12), (ARRAY['builder','wizard','ai','import','manual'])[1 + i %% 5], 'published', 100, 1.0,
  false, i %% 2 = 0, i %% 20 = 0, (ARRAY['beginner','intermediate','advanced','all_levels'])[1 + (i / 7) %% 4], true,
  now() - i * interval '1 hour', 48 * 12, 50, 0, 20, now() - i * interval '1 hour', now()
FROM generate_series(1, %(courses)s) i;

INSERT INTO courses_courseinstructor (course_id, instructor_id, title, bio, is_lead, is_active)
SELECT c, 1 + (c * 7 + k * 61) %% %(teachers)s, CASE k WHEN 0 THEN 'Lead instructor' ELSE 'Co-instructor' END, pg_temp.words(c * 2 + k, 25), k = 0, true
FROM generate_series(1, %(courses)s) c, generate_series(0, 1) k;

INSERT INTO courses_module (id, course_id, title, description, "order", duration_minutes, is_published)
SELECT (c - 1) * 8 + m, c, 'Module ' || m || ': ' || pg_temp.words(c * 8 + m, 3), pg_temp.words(c * 9 + m, 12), m, 72, true
FROM generate_series(1, %(courses)s) c, generate_series(1, 8) m;

INSERT INTO courses_lesson (id, module_id, title, "order", content, guest_content, registered_content, access_level, is_free_preview,
  type, has_assessment, has_lab, video_url, duration_minutes, created_date, updated_date)
SELECT (m - 1) * 6 + l, m, 'Lesson ' || l || ': ' || pg_temp.words(m * 6 + l, 4), l, pg_temp.words(m * 13 + l, 240),
  pg_temp.words(m * 17 + l, 30), pg_temp.words(m * 19 + l, 90), (ARRAY['guest','registered','registered','premium'])[1 + (m + l) %% 4], l = 1 AND m %% 8 = 1,
  (ARRAY['video','reading','interactive','quiz','lab_exercise','assignment','discussion'])[1 + (m + l) %% 7], l = 6, l = 5,
  'https://www.youtube.com/watch?v=' || substr(md5(m::text || l), 1, 11), 12, now(), now()
FROM generate_series(1, 8 * %(courses)s) m, generate_series(1, 6) l;

-- user u takes ten courses, 1 + (u*13 + k*courses/10) mod courses: the load scripts enrol in the others
INSERT INTO courses_enrollment (id, user_id, course_id, status, last_accessed, total_time_spent, progress_percentage, created_date, updated_date)
SELECT (u - 1) * 10 + k, u, 1 + (u * 13 + k * (%(courses)s / 10)) %% %(courses)s, 'active', now() - (u %% 1000) * interval '1 minute', 0, 0, now(), now()
FROM generate_series(1, %(users)s) u, generate_series(1, 10) k;

-- one enrolment in twelve has its 48 progress rows: 200,016 of them
INSERT INTO courses_progress (enrollment_id, lesson_id, is_completed, completed_date, time_spent, progress_percentage, notes, last_accessed)
SELECT e.id, (e.course_id - 1) * 48 + n, n <= e.id %% 40, CASE WHEN n <= e.id %% 40 THEN now() END, 60 * n, CASE WHEN n <= e.id %% 40 THEN 100 ELSE 0 END,
       '', now() - (e.id %% 1000) * interval '1 minute'
FROM courses_enrollment e, generate_series(1, 48) n WHERE e.id %% 12 = 1;
UPDATE courses_enrollment SET progress_percentage = round(100 * (id %% 40) / 48.0) WHERE id %% 12 = 1;

INSERT INTO courses_review (user_id, course_id, rating, title, content, helpful_count, is_verified_purchase, is_approved, moderation_notes, created_date, updated_date)
SELECT e.user_id, e.course_id, 1 + (e.id / 5) %% 7 %% 5, pg_temp.words(e.id, 4), pg_temp.words(e.id + 5, 40), e.id %% 30, true, e.id %% 10 > 0, '',
       now() - (e.id %% 5000) * interval '1 minute', now()
FROM courses_enrollment e WHERE e.id %% 5 IN (1, 3);
UPDATE courses_course c SET avg_rating = r.a, total_reviews = r.n FROM
  (SELECT course_id, avg(rating) a, count(*) n FROM courses_review WHERE is_approved GROUP BY 1) r WHERE r.course_id = c.id;

SELECT setval(pg_get_serial_sequence('courses_category', 'id'), max(id)) FROM courses_category;
SELECT setval(pg_get_serial_sequence('courses_user', 'id'), max(id)) FROM courses_user;
SELECT setval(pg_get_serial_sequence('courses_course', 'id'), max(id)) FROM courses_course;
SELECT setval(pg_get_serial_sequence('courses_module', 'id'), max(id)) FROM courses_module;
SELECT setval(pg_get_serial_sequence('courses_lesson', 'id'), max(id)) FROM courses_lesson;
SELECT setval(pg_get_serial_sequence('courses_enrollment', 'id'), max(id)) FROM courses_enrollment;
"""


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("--courses", type=int, default=1000)
        parser.add_argument("--users", type=int, default=5000)

    def handle(self, *args, courses, users, **options):
        # one PBKDF2 hash for all: the password of every user is "password"
        params = {
            "password": make_password("password"),
            "courses": courses,
            "users": users,
            "teachers": users // 25,
        }
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SQL, params)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            for table in (
                "category",
                "user",
                "course",
                "courseinstructor",
                "module",
                "lesson",
                "enrollment",
                "progress",
                "review",
            ):
                cursor.execute(f"SELECT count(*) FROM courses_{table}")
                self.stdout.write(f"{table}: {cursor.fetchone()[0]:,}")
