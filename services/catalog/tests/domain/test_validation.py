"""The specification's validators: limits, and messages that name them and what was given."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain import validation


class TestPrice:
    @pytest.mark.parametrize("price", ["0", "0.01", "490", "10000", "10000.00", "12.3"])
    def test_in_range(self, price: str) -> None:
        assert validation.validate_price_range(Decimal(price)) == Decimal(price)

    @pytest.mark.parametrize("price", ["-0.01", "10000.01", "1e400", "1e-400", "9.999"])
    def test_out_of_range(self, price: str) -> None:
        with pytest.raises(ValueError, match="price"):
            validation.validate_price_range(Decimal(price))

    def test_the_message_names_limit_and_value(self) -> None:
        with pytest.raises(ValueError, match=r"between 0 and 10,000; 10001 was given"):
            validation.validate_price_range(Decimal(10001))

    def test_discount_below_price(self) -> None:
        validation.validate_discount(Decimal(10), None)
        validation.validate_discount(Decimal(10), Decimal("9.99"))
        with pytest.raises(ValueError, match="below the price, 10; 10 was given"):
            validation.validate_discount(Decimal(10), Decimal(10))


class TestDuration:
    @pytest.mark.parametrize("minutes", [0, 10_080])
    def test_in_range(self, minutes: int) -> None:
        assert validation.validate_duration_minutes(minutes) == minutes

    @pytest.mark.parametrize("minutes", [-1, 10_081, 10**400])
    def test_out_of_range(self, minutes: int) -> None:
        with pytest.raises(ValueError, match="10,080 minutes"):
            validation.validate_duration_minutes(minutes)


class TestLists:
    def test_items_are_stripped(self) -> None:
        assert validation.validate_course_requirements(["  a laptop "]) == ["a laptop"]
        assert validation.validate_tags(["SQL", " sql", "data"]) == ["sql", "data"]

    def test_the_message_names_the_item(self) -> None:
        with pytest.raises(ValueError, match=r"5 to 300 characters; number 2 has 3: 'abc'"):
            validation.validate_learning_objectives(["Write queries", "abc"])
        with pytest.raises(ValueError, match="at most 15 learning objectives; 16 were given"):
            validation.validate_learning_objectives(["Write queries"] * 16)
        with pytest.raises(ValueError, match="at most 20 requirements; 21 were given"):
            validation.validate_course_requirements(["abc"] * 21)


class TestMoment:
    def test_is_kept_in_utc(self) -> None:
        given = datetime(2030, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
        assert validation.validate_moment(given) == datetime(2029, 12, 31, 23, tzinfo=UTC)

    @pytest.mark.parametrize("year", [1, 1999, 2200, 9999])
    def test_that_cannot_be_meant(self, year: int) -> None:
        with pytest.raises(ValueError, match="between the years 2000 and 2199"):
            validation.validate_moment(datetime(year, 6, 1, tzinfo=UTC))


class TestVideoUrl:
    @pytest.mark.parametrize(
        "url",
        [
            "",
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
            "https://youtube.com/watch?list=PL1&v=dQw4w9WgXcQ",
            "http://m.youtube.com/watch?v=dQw4w9WgXcQ&t=10s",
            "https://youtu.be/dQw4w9WgXcQ?t=10",
            "https://www.youtube.com/embed/dQw4w9WgXcQ",
            "https://www.youtube.com/shorts/dQw4w9WgXcQ",
            "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
            "https://vimeo.com/76979871",
            "https://vimeo.com/76979871/abc123",
            "https://player.vimeo.com/video/76979871",
            "https://vimeo.com/channels/staffpicks/76979871",
            "https://cdn.example.org/a/intro.mp4",
            "https://cdn.example.org:8443/a/intro.WEBM?token=1",
            "https://cdn.example.org/live/master.m3u8",
        ],
    )
    def test_supported(self, url: str) -> None:
        assert validation.validate_video_url(url) == url

    @pytest.mark.parametrize(
        "url",
        [
            "intro.mp4",
            "ftp://cdn.example.org/intro.mp4",
            "javascript:alert(1)//intro.mp4",
            "https://youtube.com/",
            "https://youtube.com/watch?v=",
            "https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
            "https://notyoutube.com/watch?v=dQw4w9WgXcQ",
            "https://youtu.be/",
            "https://vimeo.com/about",
            "https://cdn.example.org/page.html",
            "https://user:secret@cdn.example.org/intro.mp4",
            "https://cdn.example.org:99999/intro.mp4",
            "http://[::1/intro.mp4",
            "https:///intro.mp4",
            "https://cdn.example.org/a b.mp4",
            "https://cdn.example.org/\"onload='x'.mp4",
        ],
    )
    def test_not_supported(self, url: str) -> None:
        with pytest.raises(ValueError, match="YouTube or Vimeo"):
            validation.validate_video_url(url)

    @given(st.text(max_size=80))
    def test_never_fails_otherwise(self, text: str) -> None:
        try:
            validation.validate_video_url(f"https://{text}.mp4")
        except ValueError as error:
            assert "YouTube" in str(error)  # noqa: PT017


class TestText:
    def test_nul_and_line_breaks(self) -> None:
        with pytest.raises(ValueError, match="NUL"):
            validation.validate_text("a\0b")
        assert validation.validate_text("a\nb") == "a\nb"
        for text in ("a\nb", "a\0b", "a\x7fb"):
            with pytest.raises(ValueError, match="one line"):
                validation.validate_line(text)

    @pytest.mark.parametrize("tag", ["en", "pt-BR", "zh-Hant-TW", "EN"])
    def test_languages(self, tag: str) -> None:
        assert validation.validate_language(tag) == tag

    @pytest.mark.parametrize("tag", ["", "e", "english language", "en_US", "en-", "x" * 36])
    def test_no_languages(self, tag: str) -> None:
        with pytest.raises(ValueError, match="BCP 47"):
            validation.validate_language(tag)
