"""What searches and filtered lists look at, and what is known of searches."""

from datetime import date
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Text, false, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from catalog.domain.choices import CreationMethod, Level, WordKind
from catalog.models.table import Big, Choice, Moment, Money, OwnersId, Table


class SearchedCourse(Table):
    """What searches and filters look at of a published course: a narrow copy, so that finding many touches few pages.

    Kept by the trigger `searched` on `courses` (migration 0012). Columns are named as there, and nobody else writes
    them, save `is_popular`: whether it was among those in which most learn when `store.popular` looked last.
    """

    __tablename__ = "searched_courses"

    id: Mapped[OwnersId] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    category_id: Mapped[Big]
    discount_ends: Mapped[Moment | None]
    avg_rating: Mapped[float]
    enrolled_students_count: Mapped[int]
    duration_minutes: Mapped[int | None]
    has_certificate: Mapped[bool]
    is_featured: Mapped[bool]
    price: Mapped[Decimal] = mapped_column(Money)
    discount_price: Mapped[Decimal | None] = mapped_column(Money)
    level: Mapped[Level] = mapped_column(Choice)
    language: Mapped[str] = mapped_column(String(35))
    creation_method: Mapped[CreationMethod] = mapped_column(Choice)
    document: Mapped[str] = mapped_column(TSVECTOR)
    created_date: Mapped[Moment]
    is_popular: Mapped[bool] = mapped_column(server_default=false())


Index("ix_searched_courses_document", SearchedCourse.document, postgresql_using="gin")
Index(
    "ix_searched_courses_popular",
    SearchedCourse.document,
    postgresql_using="gin",
    postgresql_where=text("is_popular"),
)


class SearchedText(Table):
    """Title, subtitle and description of a published course, each in lower case, with a capital X between.

    So no pattern in lower case matches across two of them. Kept by the trigger `searched_texts` on `courses`.
    """

    __tablename__ = "searched_texts"

    id: Mapped[OwnersId] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    created_date: Mapped[Moment]
    text: Mapped[str] = mapped_column(Text)


Index(
    "ix_searched_texts_text",
    SearchedText.text,
    postgresql_using="gin",
    postgresql_ops={"text": "gin_trgm_ops"},
)


class SuggestedCourse(Table):
    """The words of a published course's title, and their first one to six letters behind a star.

    `SQL` is `'*s' '*sq' '*sql' 'sql'`.

    Kept by the trigger `suggested` on `courses` (migrations 0010 and 0013). How many learn, and so the tier (1 has the
    most popular, 0 who was not counted yet), is as it was when `store.suggestions` counted last.
    """

    __tablename__ = "suggested_courses"

    id: Mapped[OwnersId] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    enrolled_students_count: Mapped[int]
    tier: Mapped[int] = mapped_column(SmallInteger)
    words: Mapped[str] = mapped_column(TSVECTOR)


for _tier in range(4):
    Index(
        f"ix_suggested_courses_words_{_tier}",
        SuggestedCourse.words,
        postgresql_using="gin",
        postgresql_where=text(f"tier = {_tier}"),
    )


class SearchWord(Table):
    """A word or tag of published courses: what searches are corrected to, and what is suggested.

    New ones come with the change of a course; `courses`, how many have it, is counted anew from time to time.
    """

    __tablename__ = "search_words"

    kind: Mapped[WordKind] = mapped_column(Choice, primary_key=True)
    word: Mapped[str] = mapped_column(String(50), primary_key=True)
    courses: Mapped[int]


Index(
    "ix_search_words_tags",
    SearchWord.word,
    postgresql_ops={"word": "varchar_pattern_ops"},
    postgresql_where=text("kind = 'tag'"),
)
Index(
    "ix_search_words_similar",
    SearchWord.word,
    postgresql_using="gin",
    postgresql_ops={"word": "gin_trgm_ops"},
    postgresql_where=text("kind = 'word'"),
)


class Searches(Table):
    """How often a term was searched for on a day, and what came of it. Nothing tells who searched.

    `positions` and `milliseconds` are sums: of the places of results that were chosen, and of the time searches took.
    """

    __tablename__ = "searches"

    day: Mapped[date] = mapped_column(primary_key=True)
    term: Mapped[str] = mapped_column(String(100), primary_key=True)
    searches: Mapped[Big]
    without_result: Mapped[Big]
    clicks: Mapped[Big]
    positions: Mapped[Big]
    milliseconds: Mapped[float]
