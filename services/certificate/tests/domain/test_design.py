import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from certificate.domain.design import TEXT_CONTRAST, Colours, Design, changed, check_colours, contrast, softened
from shared.errors import Invalid

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


class TestContrast:
    @pytest.mark.parametrize(
        ("one", "other", "ratio"),
        [
            ("#000000", "#ffffff", 21),
            ("#ffffff", "#000000", 21),
            ("#777777", "#777777", 1),
            ("#767676", "#ffffff", 4.54),
            ("#777777", "#ffffff", 4.48),
            ("#0000ff", "#ffffff", 8.59),
        ],
    )
    def test_is_that_of_wcag(self, one: str, other: str, ratio: float) -> None:
        assert contrast(one, other) == pytest.approx(ratio, abs=0.005)

    def test_each_colour_that_does_not_stand_out_is_named(self) -> None:
        with pytest.raises(Invalid) as refused:
            check_colours(Colours(ink="#999999", accent="#eeeeee", paper="#ffffff"))
        assert list(refused.value.errors) == ["colours.ink", "colours.accent"]
        assert "is 2.84; it must be at least 4.5" in refused.value.errors["colours.ink"][0]

    def test_the_built_in_design_can_be_read(self) -> None:
        check_colours(Design().colours)

    @given(colours, colours)
    def test_softened_ink_can_be_read_where_ink_can(self, ink: str, paper: str) -> None:
        soft = softened(ink, paper)
        assert soft == ink or contrast(soft, paper) >= TEXT_CONTRAST


class TestChanged:
    def test_what_is_left_out_stays(self) -> None:
        first = changed(Design(), {"wording": {"heading": "Urkunde"}, "language": "de"})
        second = changed(first, {"wording": {"number": "Nr."}, "layout": "modern"})
        assert (second.language, second.wording.heading, second.wording.number) == ("de", "Urkunde", "Nr.")
        assert second.wording.presented == Design().wording.presented

    @pytest.mark.parametrize("language", ["en", "de", "ar", "hi", "zh", "haw"])
    def test_languages_of_the_world_are_known(self, language: str) -> None:
        assert Design(language=language).language == language

    @pytest.mark.parametrize("language", ["xx", "english", "EN", "", "de_DE", "../x"])
    def test_others_are_not(self, language: str) -> None:
        with pytest.raises(ValidationError):
            Design(language=language)
