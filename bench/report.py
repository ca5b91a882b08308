"""What was measured, as Markdown and as plots: ratios first, absolute figures beside them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Figure:
    """What was measured, most often as a ratio to a yardstick, against its gate and its goal."""

    what: str
    measured: float
    gate: float
    goal: float
    beside: str = ""
    unit: str = ""
    """Empty for ratios."""
    smaller_is_better: bool = False

    @property
    def passes(self) -> bool:
        return self.measured <= self.gate if self.smaller_is_better else self.measured >= self.gate

    @property
    def reaches(self) -> bool:
        return self.measured <= self.goal if self.smaller_is_better else self.measured >= self.goal

    @property
    def share(self) -> float:
        """Of the goal: 1 reaches it, less does not."""
        return self._share_of(self.measured)

    @property
    def gate_share(self) -> float:
        """What the gate is of the goal."""
        return self._share_of(self.gate)

    def _share_of(self, value: float) -> float:
        of, to = (self.goal, value) if self.smaller_is_better else (value, self.goal)
        return of / to if to else 1.0 if of == to else math.inf


def table(figures: Sequence[Figure]) -> list[str]:
    """Markdown lines."""
    lines = ["| what | measured | gate | goal | | absolute |", "|---|---|---|---|---|---|"]
    for each in figures:
        sign, unit = "≤" if each.smaller_is_better else "≥", f" {each.unit}" if each.unit else ""
        verdict = "goal" if each.reaches else "gate" if each.passes else "**missed**"
        lines.append(
            f"| {each.what} | **{each.measured:.3g}**{unit} | {sign} {each.gate:g} | {sign} {each.goal:g} | {verdict} |"
            f" {each.beside} |"
        )
    return lines


def plot_figures(figures: Sequence[Figure]) -> str:
    """How near each is to its goal."""
    bars = [
        Bar(
            each.what,
            each.share,
            f"{each.measured:.3g} {each.unit}",
            "#2e7d32" if each.reaches else "#f9a825" if each.passes else "#c62828",
            {each.gate_share: "#888", 1.0: "#000"},
        )
        for each in figures
    ]
    return _plot(bars, "share of the goal (black; grey: gate), logarithmic; longer is better")


def plot_rates(rates: Mapping[str, Mapping[str, float]]) -> str:
    """Requests a second by route and server."""
    colours = {"drf": "#8d6e63", "static": "#90a4ae"}
    bars = [
        Bar(f"{route}, {server}", rate, f"{rate:,.0f}", colours.get(server, "#1565c0"), {})
        for route, servers in rates.items()
        for server, rate in servers.items()
    ]
    return _plot(bars, "requests a second, logarithmic")


@dataclass(frozen=True)
class Bar:
    name: str
    value: float
    label: str
    colour: str
    marks: Mapping[float, str]


def _plot(bars: Sequence[Bar], legend: str) -> str:
    """Bars on a logarithmic scale, as SVG."""
    left, wide, high = 430, 430, 26
    values = [value for bar in bars for value in (bar.value, *bar.marks) if 0 < value < math.inf]
    low, top = min(values) / 1.5, max(values) * 1.2

    def x(value: float) -> float:
        return left + wide * math.log(min(max(value, low), top) / low) / math.log(top / low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + wide + 90}" height="{high * len(bars) + 40}"'
        ' font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>'
    ]
    for number, bar in enumerate(bars):
        y = 10 + number * high
        name = bar.name.replace("&", "&amp;").replace("<", "&lt;")
        parts.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{name}</text>')
        width = max(1.0, x(bar.value) - left)
        parts.append(f'<rect x="{left}" y="{y + 2}" width="{width:.1f}" height="16" fill="{bar.colour}"/>')
        for value, stroke in bar.marks.items():
            parts.append(
                f'<line x1="{x(value):.1f}" x2="{x(value):.1f}" y1="{y - 1}" y2="{y + 21}" stroke="{stroke}"'
                ' stroke-width="2"/>'
            )
        parts.append(f'<text x="{left + width + 5:.1f}" y="{y + 15}">{bar.label}</text>')
    parts.append(f'<text x="{left}" y="{high * len(bars) + 28}" fill="#555">{legend}</text></svg>')
    return "\n".join(parts) + "\n"
