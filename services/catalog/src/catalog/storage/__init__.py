"""Where files are kept: a folder, or an object storage that speaks S3. Nothing else of the catalog knows which.

A key is random (`new_key`), and all that a file is found by: no name that somebody chose is ever part of a path. What a
file is (its name, type, size) is in our tables. `catalog.store.files` keeps the rows beside the files.
"""

from functools import cache
from typing import Annotated

from fastapi import Depends, Request

from catalog.settings import Settings
from catalog.storage.base import NotStored, Pieces, Storage, StorageUnavailable, new_key
from catalog.storage.local import Folder
from catalog.storage.s3 import Bucket

__all__ = [
    "NotStored",
    "Pieces",
    "Storage",
    "StorageUnavailable",
    "UseStorage",
    "new_key",
    "process_storage",
    "storage_of",
]


def storage_of(settings: Settings) -> Storage:
    """The storage that the settings name."""
    if settings.s3_endpoint is None:
        return Folder(settings.files_dir)
    return Bucket(
        endpoint=settings.s3_endpoint,
        bucket=settings.s3_bucket,
        region=settings.s3_region,
        access_key=settings.s3_access_key.get_secret_value(),
        secret_key=settings.s3_secret_key.get_secret_value(),
        public_endpoint=settings.s3_public_endpoint,
    )


@cache
def process_storage() -> Storage:
    """The storage of this process, by its environment: for schedules, which are not handed any."""
    return storage_of(Settings())


async def _storage(request: Request) -> Storage:
    storage: Storage = request.app.state.storage
    return storage


UseStorage = Annotated[Storage, Depends(_storage)]
"""Route parameter: where files are kept."""
