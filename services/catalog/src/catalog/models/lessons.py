"""What a course holds: modules, lessons, their resources, and the files of these."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from catalog.domain.choices import AccessLevel, LessonType, ResourceType
from catalog.models.table import Big, Choice, Id, Moment, Strings, Table, document_of


class Module(Table):
    """A section of a course. The unique order is checked at the end of a statement, so that one can permute it."""

    __tablename__ = "modules"
    __table_args__ = (
        UniqueConstraint("course_id", "order", deferrable=True),
        CheckConstraint('"order" > 0', name="order"),
    )

    id: Mapped[Id]
    course_id: Mapped[Big] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    order: Mapped[int]
    duration_minutes: Mapped[int | None]
    is_published: Mapped[bool] = mapped_column(default=False)
    created_date: Mapped[Moment]
    updated_date: Mapped[Moment]


class Lesson(Table):
    """A lesson, with a body for each tier: `content` is the full one."""

    __tablename__ = "lessons"
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012 - as SQLAlchemy declares it
    __table_args__ = (
        UniqueConstraint("module_id", "order", deferrable=True),
        CheckConstraint('"order" > 0', name="order"),
        CheckConstraint("duration_minutes BETWEEN 0 AND 10080", name="duration_minutes"),
        CheckConstraint("access_level <> 'guest' OR coalesce(guest_content, '') <> ''", name="guest_content"),
    )

    id: Mapped[Id]
    module_id: Mapped[Big] = mapped_column(ForeignKey("modules.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(255))
    order: Mapped[int]
    type: Mapped[LessonType] = mapped_column(Choice, default="video")
    content: Mapped[str] = mapped_column(Text)
    guest_content: Mapped[str | None] = mapped_column(Text)
    registered_content: Mapped[str | None] = mapped_column(Text)
    access_level: Mapped[AccessLevel] = mapped_column(Choice, default="registered")
    is_free_preview: Mapped[bool] = mapped_column(default=False)
    has_lab: Mapped[bool] = mapped_column(default=False)
    video_url: Mapped[str] = mapped_column(String(500), default="")
    transcript: Mapped[str | None] = mapped_column(Text)
    duration_minutes: Mapped[int | None]
    resources_count: Mapped[int] = mapped_column(default=0)
    document: Mapped[str] = mapped_column(TSVECTOR, document_of(("title", "A"), ("content", "D")), deferred=True)
    created_date: Mapped[Moment]
    updated_date: Mapped[Moment]


Index("ix_lessons_document", Lesson.document, postgresql_using="gin")


class Resource(Table):
    """What a lesson brings along: a file in storage, or an address elsewhere.

    What is known of a file (`file_size` in bytes, `mime_type`, duration, size in pixels) was read from the file itself.
    """

    __tablename__ = "resources"
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012 - as SQLAlchemy declares it
    __table_args__ = (
        UniqueConstraint("lesson_id", "order", deferrable=True),
        CheckConstraint('"order" > 0', name="order"),
        CheckConstraint("storage_key IS NOT NULL OR url <> ''", name="content"),
        CheckConstraint("uploaded = (storage_key IS NOT NULL)", name="uploaded"),
    )

    id: Mapped[Id]
    lesson_id: Mapped[Big] = mapped_column(ForeignKey("lessons.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(255))
    type: Mapped[ResourceType] = mapped_column(Choice)
    description: Mapped[str] = mapped_column(Text, default="")
    order: Mapped[int]
    url: Mapped[str] = mapped_column(String(2000), default="")
    premium: Mapped[bool] = mapped_column(default=False)
    uploaded: Mapped[bool] = mapped_column(default=False)
    storage_key: Mapped[str | None] = mapped_column(ForeignKey("files.storage_key"), index=True)
    file_name: Mapped[str] = mapped_column(String(255), default="")
    file_size: Mapped[Big | None]
    mime_type: Mapped[str] = mapped_column(String(120), default="")
    duration_minutes: Mapped[int | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    document: Mapped[str] = mapped_column(TSVECTOR, document_of(("title", "A"), ("description", "D")), deferred=True)
    created_date: Mapped[Moment]
    updated_date: Mapped[Moment]


Index("ix_resources_document", Resource.document, postgresql_using="gin")


class File(Table):
    """A file in storage. Its row is there before the first byte and until after the last, so none is lost sight of.

    `is_whole`: all of it arrived, and something named it then; before, it is an upload under way, or one that broke
    off. One with `variants` is as many objects (`store.files`). Several rows may name one file.
    """

    __tablename__ = "files"

    storage_key: Mapped[str] = mapped_column(String(512), primary_key=True)
    variants: Mapped[Strings] = mapped_column(default=list)
    is_whole: Mapped[bool] = mapped_column(default=False)
    created_date: Mapped[Moment] = mapped_column(index=True)
