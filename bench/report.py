"""`bench/README.md` and its plot: ratios first, absolute figures beside them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parent / "README.md"
PLOT = Path(__file__).parent / "ratios.svg"


@dataclass(frozen=True)
class Ratio:
    """A ratio against its gate, which fails a run, and its goal."""

    what: str
    measured: float
    gate: float
    goal: float
    beside: str = ""
    smaller_is_better: bool = False

    @property
    def passes(self) -> bool:
        return self.measured <= self.gate if self.smaller_is_better else self.measured >= self.gate

    @property
    def reaches(self) -> bool:
        return self.measured <= self.goal if self.smaller_is_better else self.measured >= self.goal


def table(ratios: Sequence[Ratio]) -> list[str]:
    """Markdown lines."""
    lines = ["| what | ratio | gate | goal | | absolute |", "|---|---|---|---|---|---|"]
    for each in ratios:
        sign = "≤" if each.smaller_is_better else "≥"
        verdict = "goal" if each.reaches else "gate" if each.passes else "**missed**"
        lines.append(
            f"| {each.what} | **{each.measured:.2f}** | {sign} {each.gate:g} | {sign} {each.goal:g} | {verdict} |"
            f" {each.beside} |"
        )
    return lines


def plot(ratios: Sequence[Ratio]) -> str:
    """Bars on a logarithmic scale, each with its gate (grey) and its goal (black)."""
    left, wide, high = 330, 470, 26
    top = max(max(each.measured, each.goal) for each in ratios) * 1.5
    low = min(0.5, *(each.measured for each in ratios if each.measured > 0)) / 1.5

    def x(value: float) -> float:
        return left + wide * math.log(max(value, low) / low) / math.log(top / low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + wide + 70}" height="{high * len(ratios) + 40}"'
        ' font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>'
    ]
    for number, each in enumerate(ratios):
        y = 10 + number * high
        colour = "#2e7d32" if each.reaches else "#f9a825" if each.passes else "#c62828"
        name = each.what.replace("&", "&amp;").replace("<", "&lt;")
        parts.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{name}</text>')
        width = max(1.0, x(each.measured) - left)
        parts.append(f'<rect x="{left}" y="{y + 2}" width="{width:.1f}" height="16" fill="{colour}"/>')
        for value, stroke in ((each.gate, "#888"), (each.goal, "#000")):
            parts.append(
                f'<line x1="{x(value):.1f}" x2="{x(value):.1f}" y1="{y - 1}" y2="{y + 21}" stroke="{stroke}"'
                ' stroke-width="2"/>'
            )
        parts.append(f'<text x="{x(each.measured) + 5:.1f}" y="{y + 15}">{each.measured:.2f}</text>')
    legend = "times the yardstick; grey: gate, black: goal; logarithmic"
    parts.append(f'<text x="{left}" y="{high * len(ratios) + 28}" fill="#555">{legend}</text></svg>')
    return "\n".join(parts) + "\n"


BESIDE = """
## Beside this page

`python -m bench --short` is the form for CI: reads only, on little data, in less than a minute; it fails when a ratio
is below half of its goal, twice. `--scale 10` measures with ten times the data, `--growth 1,10` compares the rows that
each hot route touches. `python -m bench.search` measures search, suggestion and correction in SQL on 100,000 courses,
`python -m bench.crowd`, `python -m bench.learners` and `python -m bench.push` measure a thousand learners at once,
enrollment alone, and sockets.
"""
