import pytest

from gateway.bodies.kinds import UnsupportedMediaType, kind_of


class TestKinds:
    @pytest.mark.parametrize(
        ("path", "said", "kind"),
        [
            ("/api/courses/", b"application/json", "json"),
            ("/api/courses/", b"Application/JSON; charset=utf-8", "json"),
            ("/api/courses/", b"application/merge-patch+json", "json"),
            ("/api/courses/", b"multipart/form-data; boundary=x", "multipart"),
            ("/api/question-banks/5/import/", b"text/plain; charset=utf-8", "text"),
            ("/api/courses/python-101/enrollments/bulk/", b"text/csv", "text"),
        ],
    )
    def test_taken(self, path: str, said: bytes, kind: str) -> None:
        assert kind_of(path, [(b"content-type", said)]) == kind

    @pytest.mark.parametrize(
        ("path", "said"),
        [
            ("/api/courses/", b"text/plain"),
            ("/api/courses/", b"application/x-www-form-urlencoded"),
            ("/api/courses/", b"application/xml"),
            ("/api/courses/", b"application/jsonp"),
            ("/api/courses/", b"application/json, text/html"),
            ("/api/courses/", b""),
            ("/api/question-banks/5/import/", b"application/octet-stream"),
            ("/api/question-banks/5/", b"text/plain"),
        ],
    )
    def test_not_taken(self, path: str, said: bytes) -> None:
        with pytest.raises(UnsupportedMediaType):
            kind_of(path, [(b"content-type", said)])

    def test_none_said(self) -> None:
        with pytest.raises(UnsupportedMediaType):
            kind_of("/api/courses/", [])
