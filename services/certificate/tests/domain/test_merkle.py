import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificate.domain.merkle import (
    EMPTY_ROOT,
    Node,
    Range,
    consistency_path,
    cover,
    grow,
    hash_over,
    inclusion_path,
    is_consistent,
    is_included,
    leaf_hash,
)

# The values that the reference implementations of Certificate Transparency are tested with.
LEAVES = [bytes.fromhex(leaf) for leaf in ("", "00", "10", "2021", "3031", "40414243")] + [
    bytes(range(0x50, 0x58)),
    bytes(range(0x60, 0x70)),
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAF_0, LEAF_1 = ROOTS[1], "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
PAIR_1 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
PAIR_2 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
PAIR_3 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
QUAD_1 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"

SIZES = st.integers(1, 70)


def tree(leaves: Sequence[bytes]) -> dict[Node, bytes]:
    return grow(0, {}, leaves)


def proof(path: Sequence[Range], nodes: dict[Node, bytes]) -> list[bytes]:
    return [hash_over(leaves, nodes) for leaves in path]


def as_defined(leaves: Sequence[bytes]) -> bytes:
    """MTH, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + as_defined(leaves[:split]) + as_defined(leaves[split:])).digest()


def numbered(size: int) -> list[bytes]:
    return [str(at).encode() for at in range(size)]


class TestPublishedValues:
    @pytest.mark.parametrize("size", range(9))
    def test_roots(self, size: int) -> None:
        assert hash_over((0, size), tree(LEAVES)).hex() == ROOTS[size]

    @pytest.mark.parametrize(
        ("index", "size", "path"),
        [
            (0, 1, []),
            (0, 8, [LEAF_1, PAIR_1, QUAD_1]),
            (5, 8, [LEAF_4, PAIR_3, ROOTS[4]]),
            (2, 3, [ROOTS[2]]),
            (1, 5, [LEAF_0, PAIR_1, LEAF_4]),
        ],
    )
    def test_inclusion(self, index: int, size: int, path: list[str]) -> None:
        assert [digest.hex() for digest in proof(inclusion_path(index, size), tree(LEAVES))] == path

    @pytest.mark.parametrize(
        ("first", "second", "path"),
        [
            (1, 1, []),
            (1, 8, [LEAF_1, PAIR_1, QUAD_1]),
            (6, 8, [PAIR_2, PAIR_3, ROOTS[4]]),
            (2, 5, [PAIR_1, LEAF_4]),
        ],
    )
    def test_consistency(self, first: int, second: int, path: list[str]) -> None:
        assert [digest.hex() for digest in proof(consistency_path(first, second), tree(LEAVES))] == path


class TestTree:
    def test_of_nothing_has_the_hash_of_nothing(self) -> None:
        assert hash_over((0, 0), {}) == EMPTY_ROOT == as_defined([])

    @given(SIZES)
    def test_roots_are_as_defined(self, size: int) -> None:
        assert hash_over((0, size), tree(numbered(size))) == as_defined(numbered(size))

    @given(st.lists(st.integers(1, 9), max_size=9))
    def test_grows_by_any_steps_from_its_peaks_alone(self, steps: list[int]) -> None:
        stored: dict[Node, bytes] = {}
        size = 0
        for step in steps:
            peaks = {node: stored[node] for node in cover((0, size))}
            stored |= grow(size, peaks, numbered(size + step)[size:])
            size += step
        assert stored == tree(numbered(size))

    @given(SIZES, st.data())
    def test_every_leaf_is_proved_and_no_other(self, size: int, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, size - 1))
        nodes = tree(numbered(size))
        root, path = hash_over((0, size), nodes), proof(inclusion_path(index, size), nodes)
        leaf = leaf_hash(str(index).encode())
        assert is_included(leaf, index, size, path, root)
        assert not is_included(leaf_hash(b"another"), index, size, path, root)
        assert not is_included(leaf, index + 1, size, path, root)
        assert not is_included(leaf, index, size, [*path, root], root)
        assert size == 1 or not is_included(leaf, index, size, path[:-1], root)

    @given(SIZES, st.data())
    def test_every_earlier_tree_is_proved_and_no_other(self, second: int, data: st.DataObject) -> None:
        first = data.draw(st.integers(1, second))
        nodes = tree(numbered(second))
        old, new = hash_over((0, first), nodes), hash_over((0, second), nodes)
        path = proof(consistency_path(first, second), nodes)
        assert is_consistent(first, second, path, old, new)
        forged = as_defined([b"another", *numbered(first)[1:]])
        assert not is_consistent(first, second, path, forged, new)
        assert not is_consistent(first, second, path, old, forged)
        assert not is_consistent(first, second, [*path, new], old, new)
