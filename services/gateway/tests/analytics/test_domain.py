import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.analytics.domain import HEADER, days_of, table_of, wants_csv
from shared.errors import Invalid

TODAY = date(2026, 11, 22)


class TestDays:
    @pytest.mark.parametrize(
        ("first", "last", "expected"),
        [
            (None, None, ("2026-10-24", "2026-11-22")),
            ("2026-11-01", None, ("2026-11-01", "2026-11-22")),
            (None, "2026-01-30", ("2026-01-01", "2026-01-30")),
            ("2026-12-24", None, ("2026-12-24", "2026-12-24")),
            ("2025-11-22", "2026-11-22", ("2025-11-22", "2026-11-22")),
        ],
    )
    def test_examples(self, first: str | None, last: str | None, expected: tuple[str, str]) -> None:
        days = days_of(*(one and date.fromisoformat(one) for one in (first, last)), today=TODAY)  # type: ignore[arg-type]
        assert (days.first.isoformat(), days.last.isoformat()) == expected

    @pytest.mark.parametrize(("first", "last"), [("2026-11-02", "2026-11-01"), ("2024-01-01", "2026-01-01")])
    def test_refused(self, first: str, last: str) -> None:
        with pytest.raises(Invalid):
            days_of(date.fromisoformat(first), date.fromisoformat(last), today=TODAY)

    def test_times_reach_to_the_end_of_the_last_day(self) -> None:
        days = days_of(TODAY, TODAY, today=TODAY)
        assert days.as_times == {"from": "2026-11-22T00:00:00+00:00", "to": "2026-11-23T00:00:00+00:00"}
        assert days.as_dates == {"from": "2026-11-22", "to": "2026-11-22"}


class TestTable:
    def test_every_figure_has_its_place(self) -> None:
        figures = {
            "course": 5,
            "funnel": [{"lesson": 12, "title": "=HYPERLINK(1)", "started": 3}],
            "engagement": {"visits": 2, "days": [{"day": "2026-11-22", "visits": -1}]},
            "degraded": [],
            "drop_off": None,
        }
        assert list(csv.reader(io.StringIO(table_of(figures)))) == [
            list(HEADER),
            ["course", "", "course", "5"],
            ["funnel", "12", "lesson", "12"],
            ["funnel", "12", "title", "'=HYPERLINK(1)"],
            ["funnel", "12", "started", "3"],
            ["engagement", "", "visits", "2"],
            ["engagement", "days.2026-11-22", "day", "2026-11-22"],
            ["engagement", "days.2026-11-22", "visits", "-1"],
            ["drop_off", "", "drop_off", ""],
        ]

    @given(st.text())
    def test_no_text_is_a_formula(self, text: str) -> None:
        rows = list(csv.reader(io.StringIO(table_of({"a": {text: text}}), newline="")))
        assert len(rows) == 2
        assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in rows[1])


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/csv", True),
        ("Text/CSV;q=0.9, */*", True),
        ("application/json, text/csv", False),
        ("text/csv, application/json", True),
        ("*/*", False),
        ("", False),
    ],
)
def test_who_wants_csv(accept: str, expected: bool) -> None:
    assert wants_csv(accept) is expected
