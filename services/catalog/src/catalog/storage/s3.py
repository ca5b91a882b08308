"""Files as objects of a bucket, in a storage that speaks S3 (AWS, MinIO, Ceph, R2).

Every request goes to an address that we sign for it; nothing but that is needed of S3's ways to authenticate.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import quote
from xml.sax.saxutils import escape

import httpx
import structlog

from catalog.storage.base import PIECE, NotStored, Pieces, ReadAt, StorageUnavailable
from catalog.storage.signing import Credentials, presigned

PART = 8 * 1024 * 1024
"""A larger file goes up in parts of this size, one in memory at a time. (S3 takes 5 MiB to 5 GiB, 10,000 of them.)"""
LINK_S = 300
_REQUEST_S = 900
_LIMITS = httpx.Timeout(30.0, connect=3.0)
_UPLOAD_ID = re.compile(rb"<UploadId>([^<>&]{1,2000})</UploadId>")

log = structlog.get_logger()


class Bucket:
    """`public_endpoint` is how clients reach the storage, where that is not how we do."""

    def __init__(
        self,
        *,
        endpoint: str,
        bucket: str,
        region: str,
        access_key: str,
        secret_key: str,
        public_endpoint: str | None = None,
    ) -> None:
        self._credentials = Credentials(access_key, secret_key, region)
        self._address = f"{endpoint.rstrip('/')}/{bucket}"
        self._public_address = f"{(public_endpoint or endpoint).rstrip('/')}/{bucket}"
        self._client = httpx.AsyncClient(timeout=_LIMITS)
        self._blocking_client = httpx.Client(timeout=_LIMITS)

    async def write(self, key: str, pieces: Pieces) -> int:
        parts = _in_parts(pieces)
        first = await anext(parts)
        if len(first) < PART:
            await self._ask("PUT", key, content=first)
            return len(first)
        return await self._write_in_parts(key, first, parts)

    async def _write_in_parts(self, key: str, first: bytes, rest: AsyncIterator[bytes]) -> int:
        started = await self._ask("POST", key, {"uploads": ""})
        found = _UPLOAD_ID.search(started.content)
        if found is None:
            raise StorageUnavailable
        upload = {"uploadId": found[1].decode()}
        try:
            tags = [await self._write_part(key, upload, 1, first)]
            size = len(first)
            async for part in rest:
                tags.append(await self._write_part(key, upload, len(tags) + 1, part))
                size += len(part)
            done = await self._ask("POST", key, upload, content=_completion(tags))
            if b"<Error>" in done.content:  # a 200 that began before the end was known
                raise StorageUnavailable
        except BaseException:
            # Not left behind, also when we are cancelled; what fails here, the bucket's own rules clear away.
            await asyncio.shield(self._abort(key, upload))
            raise
        return size

    async def _write_part(self, key: str, upload: dict[str, str], number: int, part: bytes) -> str:
        answer = await self._ask("PUT", key, {"partNumber": str(number), **upload}, content=part)
        return str(answer.headers.get("etag", ""))

    async def _abort(self, key: str, upload: dict[str, str]) -> None:
        try:
            await self._ask("DELETE", key, upload)
        except (NotStored, StorageUnavailable) as error:
            log.warning("upload not aborted", error=type(error).__name__)

    async def read(self, key: str, start: int, size: int) -> Pieces:
        request = self._client.build_request("GET", self._signed("GET", key), headers=_range(start, size))
        try:
            answer = await self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            raise StorageUnavailable from error
        if answer.status_code not in (200, 206):
            await answer.aclose()
            raise _failure(answer)
        return _body(answer)

    async def delete(self, key: str) -> None:
        try:
            await self._ask("DELETE", key)
        except NotStored:
            return

    def reader(self, key: str) -> ReadAt:
        def read_at(offset: int, size: int) -> bytes:
            try:
                with self._blocking_client.stream("GET", self._signed("GET", key), headers=_range(offset, size)) as got:
                    if got.status_code == 416:
                        return b""
                    if got.status_code != 206:  # nor 200, which would be all of the file
                        raise _failure(got)
                    return got.read()[:size]
            except httpx.HTTPError as error:
                raise StorageUnavailable from error

        return read_at

    def link(self, key: str, *, now: datetime, file_name: str, mime_type: str) -> str | None:
        parameters = {
            "response-content-disposition": f"attachment; filename*=UTF-8''{quote(file_name, safe='')}",
            "response-content-type": mime_type,
        }
        url = f"{self._public_address}/{key}"
        return presigned(self._credentials, "GET", url, now=now, seconds=LINK_S, parameters=parameters)

    async def close(self) -> None:
        await self._client.aclose()
        self._blocking_client.close()

    def _signed(self, method: str, key: str, parameters: dict[str, str] | None = None) -> str:
        return presigned(
            self._credentials,
            method,
            f"{self._address}/{key}",
            now=datetime.now(UTC),
            seconds=_REQUEST_S,
            parameters=parameters,
        )

    async def _ask(
        self, method: str, key: str, parameters: dict[str, str] | None = None, *, content: bytes = b""
    ) -> httpx.Response:
        try:
            answer = await self._client.request(method, self._signed(method, key, parameters), content=content)
        except httpx.HTTPError as error:
            raise StorageUnavailable from error
        if not answer.is_success:
            raise _failure(answer)
        return answer


def _failure(answer: httpx.Response) -> Exception:
    if answer.status_code == 404:
        return NotStored()
    log.error("object storage refused", status=answer.status_code, method=answer.request.method)
    return StorageUnavailable()


def _range(start: int, size: int) -> dict[str, str]:
    return {"Range": f"bytes={start}-{start + size - 1}"}


async def _in_parts(pieces: Pieces) -> AsyncIterator[bytes]:
    """Pieces put together to parts: all of `PART` bytes but the last, which may be empty if it is the only one."""
    held, given = bytearray(), False
    async for piece in pieces:
        held += piece
        while len(held) >= PART:
            part = bytes(held[:PART])
            del held[:PART]
            given = True
            yield part
    if held or not given:
        yield bytes(held)


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.aiter_raw(PIECE):
            yield piece
    finally:
        await answer.aclose()


def _completion(tags: list[str]) -> bytes:
    parts = (
        f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(tag)}</ETag></Part>"
        for number, tag in enumerate(tags, start=1)
    )
    return f"<CompleteMultipartUpload>{''.join(parts)}</CompleteMultipartUpload>".encode()
