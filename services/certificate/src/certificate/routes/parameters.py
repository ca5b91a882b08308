"""Parameters that several routes take."""

from pathlib import Path
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import StringConstraints

from certificate.schemas import Paper
from shared.fields import Storable

CertificateNumber = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1),
    Storable,
    Query(max_length=50, description="As it stands on the certificate."),
]


async def _public_url(request: Request) -> str:
    return str(request.app.state.settings.public_url)


PublicUrl = Annotated[str, Depends(_public_url)]
"""The start of every link in an answer."""

OnPaper = Annotated[Paper, Query(description="`a4`, or `letter` (US Letter).")]


Version = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="An earlier version; the present if left out.")]
"""Of a template."""


async def _exports_folder(request: Request) -> Path:
    folder: Path = request.app.state.settings.exports_dir
    return folder


ExportsFolder = Annotated[Path, Depends(_exports_folder)]
"""Where archives are."""
