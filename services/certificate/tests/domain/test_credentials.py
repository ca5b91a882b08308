import base64
import gzip

from hypothesis import given
from hypothesis import strategies as st

from certificate.domain.credentials import LIST_LENGTH, encoded_list


def bits(encoded: str) -> bytes:
    assert encoded[0] == "u"
    return gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4)))


def test_the_first_bit_is_leftmost() -> None:
    assert bits(encoded_list([0, 9]))[:2] == b"\x80\x40"


def test_an_empty_list_is_16_kilobytes_of_nothing() -> None:
    assert bits(encoded_list([])) == bytes(16 * 1024)


def test_the_example_of_the_specification_is_read_the_same() -> None:
    """Bitstring Status List v1.0, section 2.2: a list of 131,072 that revokes nothing."""
    example = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
    assert bits(example) == bits(encoded_list([]))


@given(st.sets(st.integers(0, LIST_LENGTH - 1), max_size=50))
def test_each_index_is_told(indexes: set[int]) -> None:
    found = int.from_bytes(bits(encoded_list(indexes)))
    assert {at for at in indexes if found >> (LIST_LENGTH - 1 - at) & 1} == indexes
    assert found.bit_count() == len(indexes)
