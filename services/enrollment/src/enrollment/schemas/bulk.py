"""HTTP model of enrolling many at once."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from enrollment.domain.addresses import LONGEST_ADDRESS, MOST_ADDRESSES
from shared.fields import OMITTED, Storable

LONGEST_CSV = 2 * 1024 * 1024

Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_ADDRESS), Storable]


class BulkEnroll(BaseModel):
    """Either `emails`, or `csv`: a table with the addresses in the column `email`, or in the first one."""

    emails: Annotated[list[Address], Field(min_length=1, max_length=MOST_ADDRESSES)] = OMITTED
    csv: Annotated[str, Field(min_length=1, max_length=LONGEST_CSV), Storable] = OMITTED
