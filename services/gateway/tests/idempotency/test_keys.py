import pytest

from gateway.idempotency.keys import LARGEST_COVERED, is_covered, key_in
from shared.errors import Invalid

KEY = b"idempotency-key"


class TestKeys:
    @pytest.mark.parametrize("key", [b"a", b"8e03978e-40d5-43dd-bc93-6894a57f9324", b'"quoted"', b"~" * 255])
    def test_taken(self, key: bytes) -> None:
        assert key_in("POST", [(KEY, key)]) == key.decode()

    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD"])
    def test_of_posts_only(self, method: str) -> None:
        assert key_in(method, [(KEY, b"a")]) is None
        assert key_in("POST", []) is None

    @pytest.mark.parametrize("sent", [[b""], [b" "], [b"a b"], [b"x" * 256], [b"\xe4"], [b"\x7f"], [b"a", b"a"]])
    def test_refused(self, sent: list[bytes]) -> None:
        with pytest.raises(Invalid):
            key_in("POST", [(KEY, value) for value in sent])


class TestCovered:
    @pytest.mark.parametrize(
        ("kind", "length", "covered"),
        [
            (b"application/json", None, True),
            (b"application/json", LARGEST_COVERED, True),
            (b"multipart/form-data; boundary=x", LARGEST_COVERED, True),
            (b"multipart/form-data; boundary=x", LARGEST_COVERED + 1, False),
            (b"multipart/form-data; boundary=x", None, False),
            (b"", None, True),
        ],
    )
    def test_what_can_be_held(self, kind: bytes, length: int | None, covered: bool) -> None:
        headers = [(b"content-type", kind)]
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        assert is_covered(headers) is covered
