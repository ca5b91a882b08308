"""Which known word somebody meant who typed one that is not known."""

from collections.abc import Sequence

SHORTEST_CORRECTED = 4
LONGEST_CORRECTED = 20
MOST_CORRECTED = 3
"""Words of one search that are corrected; with the limits on their length, it stays below a millisecond."""


def correctable(words: Sequence[str]) -> list[str]:
    """Those worth a try, each once: long enough to tell what was meant."""
    fitting = (word for word in words if SHORTEST_CORRECTED <= len(word) <= LONGEST_CORRECTED and not word.isdigit())
    return list(dict.fromkeys(fitting))[:MOST_CORRECTED]


def closest(word: str, known: Sequence[str]) -> str | None:
    """The first of the closest of `known`, which has the likelier ones first; None when all are too far.

    What the word begins comes first; else the one with the fewest slips: a letter too much, missing or wrong, or two
    swapped. One slip in words of four or five letters, two in longer ones.
    """
    for candidate in known:
        if candidate.startswith(word):
            return candidate
    most = 1 if len(word) <= 5 else 2
    counted = ((slips(word, candidate, most), place) for place, candidate in enumerate(known))
    near = [(count, place) for count, place in counted if count <= most]
    return known[min(near)[1]] if near else None


def slips(word: str, other: str, most: int) -> int:
    """Slips between two words (optimal string alignment); any number above `most` means more than that."""
    if abs(len(word) - len(other)) > most:
        return most + 1
    above, before = list(range(len(other) + 1)), [0] * (len(other) + 1)
    for row, letter in enumerate(word, start=1):
        current = [row] + [most + 1] * len(other)
        for column in range(max(1, row - most), min(len(other), row + most) + 1):
            wrong = above[column - 1] + (letter != other[column - 1])
            current[column] = min(wrong, above[column] + 1, current[column - 1] + 1)
            swapped = row > 1 and column > 1 and letter == other[column - 2] and word[row - 2] == other[column - 1]
            if swapped:
                current[column] = min(current[column], before[column - 2] + 1)
        before, above = above, current
    return above[len(other)]
