"""Figures against gates and goals, and how they are shown."""

import math
import xml.etree.ElementTree as ElementTree

import pytest
from bench.report import Figure, plot_figures, plot_rates, table
from bench.side_by_side import Row, ratio


def figure(measured: float, *, smaller: bool = False) -> Figure:
    gate, goal = (3, 2) if smaller else (2, 4)
    return Figure("list, of <DRF>", measured, gate, goal, "9 of 3 req/s", smaller_is_better=smaller)


def row(*rates: float) -> Row:
    return Row("list", "ours", list(rates), 0.0, 0.0, 0.0, 0.0, 0)


class TestFigure:
    @pytest.mark.parametrize(
        ("measured", "smaller", "passes", "reaches"),
        [
            (1.9, False, False, False),
            (2, False, True, False),
            (4, False, True, True),
            (3.1, True, False, False),
            (3, True, True, False),
            (2, True, True, True),
        ],
    )
    def test_gate_and_goal_are_reached_by_the_figure_itself(
        self, measured: float, smaller: bool, passes: bool, reaches: bool
    ) -> None:
        own = figure(measured, smaller=smaller)
        assert (own.passes, own.reaches) == (passes, reaches)

    def test_its_share_of_the_goal_grows_towards_the_better(self) -> None:
        assert figure(2).share == 0.5
        assert figure(4, smaller=True).share == 0.5
        assert figure(3, smaller=True).gate_share == pytest.approx(2 / 3)

    def test_none_of_none_allowed_is_the_goal_and_one_is_far_from_it(self) -> None:
        assert Figure("wrong totals", 0, 0, 0, smaller_is_better=True).share == 1.0
        assert Figure("wrong totals", 3, 0, 0, smaller_is_better=True).share == 0.0


class TestRatio:
    def test_it_is_the_median_of_the_ratios_within_rounds(self) -> None:
        # The machine was ten times slower in the last round; the rates' own medians would say 30 / 10.
        assert ratio(row(20, 30, 80), row(10, 10, 20)) == 3
        assert ratio(row(20, 30, 4), row(10, 10, 1)) == 3

    def test_a_server_that_did_nothing_is_not_a_division_by_zero(self) -> None:
        assert math.isfinite(ratio(row(5), row(0)))


class TestShown:
    def test_a_row_of_the_table_tells_the_verdict(self) -> None:
        lines = table([figure(5), figure(3), figure(1)])
        assert [line.split(" | ")[4] for line in lines[2:]] == ["goal", "gate", "**missed**"]

    @pytest.mark.parametrize("measured", [0, 1, 5000])
    def test_plots_are_well_formed(self, measured: float) -> None:
        figures = [figure(measured), figure(measured, smaller=True), Figure("none", 0, 0, 0, smaller_is_better=True)]
        for drawn in (plot_figures(figures), plot_rates({"list": {"ours": measured, "drf": 0.5}})):
            assert ElementTree.fromstring(drawn).tag.endswith("svg")
