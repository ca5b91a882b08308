"""Writes `coverage.txt`: the characters that some font in this folder can draw. Needs fonttools."""

from itertools import groupby
from pathlib import Path

from fontTools.ttLib import TTFont

HERE = Path(__file__).parent


def main() -> None:
    drawn = {character for font in sorted(HERE.glob("*.[ot]tf")) for character in TTFont(font, lazy=True).getBestCmap()}
    lines = []
    for _, run in groupby(enumerate(sorted(drawn)), lambda pair: pair[1] - pair[0]):
        characters = [character for _, character in run]
        lines.append(f"{characters[0]:X}-{characters[-1]:X}")
    (HERE / "coverage.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
