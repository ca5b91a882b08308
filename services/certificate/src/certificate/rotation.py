"""A new signing key: the file is made, and its public half published before anything is signed with it.

    python -m certificate rotate-key /run/keys/signing-2027.pem

Then point SYLLABUS_SIGNING_KEY_FILE at the new file and restart. The old public key stays published for good; the old
private key is needed no more and is best destroyed.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy.dialects.postgresql import insert

from certificate.domain.signing import SigningKey
from certificate.models import KnownKey
from certificate.settings import process_settings
from shared.database import Database


def make_key(path: Path) -> SigningKey:
    """Write a new private key, readable to its owner alone. Raises FileExistsError: a key is never written over."""
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    return SigningKey(private)


async def publish(database: Database, key: SigningKey) -> None:
    """Let verifiers know a key before it signs."""
    async with database.transaction() as session:
        await session.execute(insert(KnownKey).values(kid=key.kid, x=key.public.x).on_conflict_do_nothing())


def main(argv: Sequence[str]) -> int:
    """The command line. Returns the exit code."""
    if len(argv) != 1:
        sys.stderr.write("usage: python -m certificate rotate-key FILE\n")
        return 2
    path = Path(argv[0])
    try:
        key = make_key(path)
    except OSError as error:
        sys.stderr.write(f"{path}: {error.strerror}\n")
        return 1
    asyncio.run(_publish(key))
    sys.stdout.write(f"{key.kid} is published. Set SYLLABUS_SIGNING_KEY_FILE to {path.resolve()} and restart.\n")
    return 0


async def _publish(key: SigningKey) -> None:
    database = Database(process_settings().database_url, pool_size=1, name="certificate")
    try:
        await publish(database, key)
    finally:
        await database.close()
