"""The Merkle tree of RFC 6962 (section 2.1): append-only, with proofs that an entry is in it and that it only grew.

A node `(level, index)` is the perfect subtree over the leaves from `index * 2**level` on, `2**level` of them. Its hash
never changes once its leaves are there, so hashes of perfect subtrees are all that is stored; the hash over any other
range follows from a few of them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import reduce

Node = tuple[int, int]
Range = tuple[int, int]
"""Leaves from the first number up to, not including, the second."""

EMPTY_ROOT = hashlib.sha256().digest()


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def cover(leaves: Range) -> list[Node]:
    """The perfect subtrees that make up a range, from left to right: at most one of each size."""
    start, end = leaves
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def hash_over(leaves: Range, hashes: Mapping[Node, bytes]) -> bytes:
    """MTH of a range, from the hashes of what covers it."""
    if leaves[0] == leaves[1]:
        return EMPTY_ROOT
    parts = [hashes[node] for node in cover(leaves)]
    return reduce(lambda right, left: node_hash(left, right), reversed(parts))


def grow(size: int, hashes: Mapping[Node, bytes], leaves: Sequence[bytes]) -> dict[Node, bytes]:
    """The nodes that new leaves add to a tree of `size`; `hashes` has those that cover it."""
    known, added = dict(hashes), {}
    for at, leaf in enumerate(leaves, start=size):
        node, digest = (0, at), leaf_hash(leaf)
        added[node] = known[node] = digest
        while node[1] % 2:
            digest = node_hash(known[node[0], node[1] - 1], digest)
            node = (node[0] + 1, node[1] // 2)
            added[node] = known[node] = digest
    return added


def inclusion_path(index: int, size: int) -> list[Range]:
    """PATH(m, D[n]): the ranges whose hashes, with the leaf's, give the root; those next to the leaf first."""
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency_path(first: int, second: int) -> list[Range]:
    """PROOF(m, D[n]): the ranges whose hashes show that the tree of `first` leaves begins that of `second`."""
    path: list[Range] = []
    start, end, is_whole = 0, second, True
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start, is_whole = middle, False
    if not is_whole:
        path.append((start, end))
    return path[::-1]


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether an inclusion proof holds, as RFC 9162 (section 2.1.3.2) checks it. `leaf` is the leaf's hash."""
    if not 0 <= index < size:
        return False
    at, last, digest = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if at % 2 or at == last:
            digest = node_hash(sibling, digest)
            while at % 2 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and digest == root


def is_consistent(first: int, second: int, path: Sequence[bytes], first_root: bytes, second_root: bytes) -> bool:
    """Whether a consistency proof holds, as RFC 9162 (section 2.1.4.2) checks it."""
    if first == second:
        return not path and first_root == second_root
    if not 0 < first < second or not path:
        return False
    rest = list(path) if first & (first - 1) else [first_root, *path]
    at, last = first - 1, second - 1
    while at % 2:
        at, last = at >> 1, last >> 1
    old = new = rest[0]
    for sibling in rest[1:]:
        if last == 0:
            return False
        if at % 2 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while at % 2 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
