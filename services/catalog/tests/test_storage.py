"""The bucket, against a small S3 that holds every signature against botocore's."""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import httpx
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as TheirCredentials

from catalog.domain.durations import duration_minutes
from catalog.storage import NotStored, StorageUnavailable, new_key, s3
from catalog.storage.s3 import Bucket
from catalog.storage.signing import Credentials, presigned

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


def expected_signature(method: str, url: str, moment: datetime, monkeypatch: pytest.MonkeyPatch) -> str:
    """What botocore makes of a request that one of ours signed."""
    parts = urlsplit(url)
    own = {
        name: value for name, value in parse_qsl(parts.query, keep_blank_values=True) if not name.startswith("X-Amz")
    }
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in own.items())
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *a, **k: moment.replace(tzinfo=None))
    seconds = int(parse_qs(parts.query)["X-Amz-Expires"][0])
    request = AWSRequest(method, f"{parts.scheme}://{parts.netloc}{parts.path}" + (f"?{query}" if query else ""))
    S3SigV4QueryAuth(TheirCredentials("key", "secret"), "s3", "eu-west-1", expires=seconds).add_auth(request)
    return parse_qs(urlsplit(request.url).query)["X-Amz-Signature"][0]


class Body(httpx.AsyncByteStream, httpx.SyncByteStream):
    """An answer's body that was not read yet, as from a network."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content


class SmallS3:
    """Objects in memory; nothing is done without botocore's signature of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.ignores_ranges = False
        self._monkeypatch = monkeypatch

    def __call__(self, request: httpx.Request) -> httpx.Response:
        url, query = str(request.url), parse_qs(request.url.query.decode(), keep_blank_values=True)
        moment = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if query["X-Amz-Signature"][0] != expected_signature(request.method, url, moment, self._monkeypatch):
            return httpx.Response(403)
        return self._answer(request, request.url.path, query)

    def _answer(self, request: httpx.Request, key: str, query: dict[str, list[str]]) -> httpx.Response:
        upload = query.get("uploadId", [""])[0]
        match request.method:
            case "POST" if "uploads" in query:
                self.uploads["u/1"] = {}
                return httpx.Response(200, content=b"<R><UploadId>u/1</UploadId></R>")
            case "POST":
                self.objects[key] = b"".join(part for _, part in sorted(self.uploads.pop(upload).items()))
                return httpx.Response(200)
            case "PUT" if upload:
                self.uploads[upload][int(query["partNumber"][0])] = request.content
                return httpx.Response(200, headers={"ETag": '"e"'})
            case "PUT":
                self.objects[key] = request.content
                return httpx.Response(200)
            case "DELETE":
                (self.uploads if upload else self.objects).pop(upload or key, None)
                return httpx.Response(204)
        if key not in self.objects:
            return httpx.Response(404)
        if self.ignores_ranges:
            return httpx.Response(200, stream=Body(self.objects[key]))
        start, end = request.headers["range"].removeprefix("bytes=").split("-")
        if int(start) >= len(self.objects[key]):
            return httpx.Response(416)
        return httpx.Response(206, stream=Body(self.objects[key][int(start) : int(end) + 1]))


@pytest.fixture
def s3_server(monkeypatch: pytest.MonkeyPatch) -> SmallS3:
    return SmallS3(monkeypatch)


@pytest.fixture
async def bucket(s3_server: SmallS3) -> AsyncIterator[Bucket]:
    made = Bucket(
        endpoint="https://s3.example.com",
        bucket="files",
        region="eu-west-1",
        access_key="key",
        secret_key="secret",
        public_endpoint="https://files.example.com",
    )
    await made.close()
    made._client = httpx.AsyncClient(transport=httpx.MockTransport(s3_server))
    made._blocking_client = httpx.Client(transport=httpx.MockTransport(s3_server))
    yield made
    await made.close()


async def once(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


class TestBucket:
    @pytest.mark.parametrize("size", [0, 10, 1000, 1024, 1025, 5000])
    async def test_what_is_written_is_read(self, monkeypatch, bucket, s3_server, size) -> None:
        monkeypatch.setattr(s3, "PART", 1024)
        key, content = new_key(), bytes(range(256)) * (size // 256 + 1)
        assert await bucket.write(key, once(*(content[at : at + 300] for at in range(0, size, 300)))) >= size
        assert s3_server.objects[f"/files/{key}"][:size] == content[:size]
        if size:
            read = b"".join([piece async for piece in await bucket.read(key, 2, size - 2)])
            assert read == content[2:size]
        await bucket.delete(key)
        assert s3_server.objects == {} == s3_server.uploads
        with pytest.raises(NotStored):
            await bucket.read(key, 0, 1)

    async def test_one_that_breaks_off_leaves_nothing(self, monkeypatch, bucket, s3_server) -> None:
        monkeypatch.setattr(s3, "PART", 10)

        async def broken() -> AsyncIterator[bytes]:
            yield bytes(25)
            raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await bucket.write(new_key(), broken())
        assert s3_server.objects == {} == s3_server.uploads

    async def test_a_wrong_secret_is_unavailable(self, bucket) -> None:
        bucket._credentials = Credentials("key", "other", "eu-west-1")
        with pytest.raises(StorageUnavailable):
            await bucket.write(new_key(), once(b"x"))

    async def test_is_read_here_and_there(self, bucket, s3_server) -> None:
        key, content = new_key(), bytes(range(256)) * 4
        await bucket.write(key, once(content))
        read_at = bucket.reader(key)
        cases = [(0, 16), (1000, 24), (1020, 100), (1024, 1), (10**9, 16)]
        assert [read_at(offset, size) for offset, size in cases] == [content[at : at + size] for at, size in cases]
        s3_server.ignores_ranges = True
        with pytest.raises(StorageUnavailable):
            read_at(0, 16)

    def test_what_is_not_there_or_not_ours_is_not_read(self, bucket) -> None:
        with pytest.raises(NotStored):
            bucket.reader(new_key())(0, 16)
        bucket._credentials = Credentials("key", "other", "eu-west-1")
        with pytest.raises(StorageUnavailable):
            bucket.reader(new_key())(0, 16)

    def test_without_an_answer_nothing_is_read(self, bucket) -> None:
        def silent(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("no")

        bucket._blocking_client = httpx.Client(transport=httpx.MockTransport(silent))
        with pytest.raises(StorageUnavailable):
            bucket.reader(new_key())(0, 16)

    async def test_a_films_duration_is_found_from_its_ends(self, bucket, s3_server) -> None:
        movie = struct.pack(">I4s", 108, b"mvhd") + bytes(12) + struct.pack(">II", 1000, 150_000) + bytes(80)
        index = struct.pack(">I4s", 8 + len(movie), b"moov") + movie
        content = struct.pack(">I4s", 500_008, b"mdat") + bytes(500_000) + index
        key = new_key()
        await bucket.write(key, once(content))
        assert duration_minutes("video/mp4", len(content), bucket.reader(key)) == 3

    def test_links(self, monkeypatch, bucket) -> None:
        url = bucket.link(new_key(), now=NOW, file_name='ü "x" & y.pdf', mime_type="application/pdf")
        assert url.startswith("https://files.example.com/files/")
        query = parse_qs(urlsplit(url).query)
        assert query["X-Amz-Signature"] == [expected_signature("GET", url, NOW, monkeypatch)]
        assert query["response-content-disposition"][0].startswith("attachment;")
        assert query["X-Amz-Expires"] == ["300"]


def test_the_example_of_the_documentation() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""
    credentials = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
    now = datetime(2013, 5, 24, tzinfo=UTC)
    url = presigned(credentials, "GET", "https://examplebucket.s3.amazonaws.com/test.txt", now=now, seconds=86400)
    assert url.endswith("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
