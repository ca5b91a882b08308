"""`/api/certificates/verify/`"""

from datetime import UTC, datetime

from fastapi import APIRouter, UploadFile
from starlette.concurrency import run_in_threadpool

from certificate.domain.records import Record, find_record
from certificate.domain.seals import Seal, find_seal
from certificate.issuer import issuer
from certificate.queries.verification import get_verification, get_verification_of_file
from certificate.routes.parameters import CertificateNumber
from certificate.schemas import Verification
from shared.database import OpenDatabase, Reading
from shared.errors import Invalid

LARGEST_PDF = 5 * 1024 * 1024
NO_RECORD = (
    "This PDF carries no certificate's record: it was scanned, printed or saved anew, or is none. "
    "Check the certificate by its number."
)

router = APIRouter(tags=["certificates"])


@router.get("/api/certificates/verify/")
async def verify_certificate(session: Reading, certificate_number: CertificateNumber) -> Verification:
    """Check a certificate by its number. Open to all.

    Hash and signature are computed anew from the stored certificate. `valid` is true when all checks pass and the
    certificate is active; otherwise `reason` says why not. 404 when no certificate has this number.
    """
    return await get_verification(session, certificate_number, now=datetime.now(UTC))


@router.post("/api/certificates/verify/")
async def verify_certificate_file(database: OpenDatabase, file: UploadFile) -> Verification:
    """Check a certificate by its PDF: `multipart/form-data` with `file`, 5 MB at most. Open to all.

    What is checked is the signed record that the PDF carries, against its signature and what was issued, and the seal
    over all bytes of the file: `hash` is false when one was changed or added. 400 for a file without
    such a record (a scan, a printout, one saved anew by another program: check those by number), 404 when no
    certificate has its number.
    """
    data = await file.read(LARGEST_PDF + 1)
    if len(data) > LARGEST_PDF:
        raise Invalid(file=f"The file is larger than {LARGEST_PDF} bytes.")
    if not data.startswith(b"%PDF-"):
        raise Invalid(file="This is not a PDF.")
    record, seal = await run_in_threadpool(_read, data)
    if record is None:
        raise Invalid(file=NO_RECORD)
    async with database.reading() as session:
        return await get_verification_of_file(session, record, seal, issuer().key.public, now=datetime.now(UTC))


def _read(pdf: bytes) -> tuple[Record | None, Seal | None]:
    return find_record(pdf), find_seal(pdf)
