"""`/api/search/questions/`."""

from typing import Annotated

from fastapi import APIRouter, Query

from assessment.queries.search import LONGEST_QUERY
from assessment.queries.search import search_questions as search
from assessment.schemas.search import QuestionResult
from shared.auth import Instructor
from shared.database import Reading
from shared.fields import QueryRef, Storable
from shared.pagination import Page, Paging

router = APIRouter(tags=["search"])

SearchQuery = Annotated[
    str,
    Query(
        min_length=1,
        max_length=LONGEST_QUERY,
        description='Words, `"a phrase"`, `or`, `-without`: all words must be there.',
    ),
    Storable,
]


@router.get("/api/search/questions/")
async def search_questions(
    user: Instructor, session: Reading, paging: Paging, q: SearchQuery, course: QueryRef = None
) -> Page[QuestionResult]:
    """Questions of assessments and banks in the courses that you teach, the best first; administrators search all.

    Words are looked for in the question, the text of its blanks and its explanation, whatever their endings.
    """
    return await search(session, user, paging, q, course=course)
