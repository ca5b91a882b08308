import pytest

from gateway.identity.domain.passwords import check_password, is_common, is_the_address
from shared.errors import Invalid


class TestCommonPasswords:
    @pytest.mark.parametrize(
        "password",
        [
            "password",
            "Password1",
            "P@ssw0rd!",
            "passw0rd123",
            "12345678",
            "1234567890",
            "19841231",
            "11111111",
            "aaaaaaaa",
            "abcabcabc",
            "abcdefgh",
            "hgfedcba",
            "qwertyui",
            "QWERTY123",
            "1qaz2wsx",
            "asdfghjkl;",
            "iloveyou",
            "Iloveyou2!",
            "letmein1",
            "trustno1",
            "dragon2024!",
            "summer2025",
            "passwordpassword",
            "welcome1",
            "Charlie!!",
            "$unshine",
            "12345678a",
            "123456789ab",
            "!!!!!!!!",
        ],
    )
    def test_what_is_guessed_first_is_common(self, password: str) -> None:
        assert is_common(password)

    @pytest.mark.parametrize(
        "password",
        [
            "quiet-harbour-lantern",
            "xK9#mQ2$vL",
            "correct horse battery",
            "dragon-keeps-the-gold",
            "zwölf Boxkämpfer",
            "密码很长而且不常见",
            "83920174650918273645",
            "syllabus-demo",
            "mh2$kd9!",
        ],
    )
    def test_what_takes_long_to_guess_is_not(self, password: str) -> None:
        assert not is_common(password)

    def test_a_long_password_is_judged_in_no_time(self) -> None:
        assert not is_common("ab1" * 42 + "z9")


class TestTheAddress:
    @pytest.mark.parametrize("password", ["Ada.Byron@example.com", "ada.byron", "ADA.BYRON"])
    def test_the_address_or_its_first_part_is_no_password(self, password: str) -> None:
        assert is_the_address(password, "ada.byron@Example.com")

    def test_the_refusal_names_the_field(self) -> None:
        with pytest.raises(Invalid) as refused:
            check_password("ada.byron@example.com", "ada.byron@example.com", field="new_password")
        assert list(refused.value.errors) == ["new_password"]
