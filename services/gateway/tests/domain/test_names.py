import pytest

from gateway.identity.domain.names import check_characters, check_email, full_name


class TestEmail:
    @pytest.mark.parametrize(
        "address",
        ["ada@example.com", "Ada.Byron+list@Sub.Example.co.uk", "o'hara@x-y.org", "a@b.museum", "1@2.xn--p1ai"],
    )
    def test_addresses_that_people_have_are_taken(self, address: str) -> None:
        assert check_email(address) == address

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "ada",
            "ada@",
            "@example.com",
            "ada@example",
            "ada@@example.com",
            "ada byron@example.com",
            "ada@exa mple.com",
            ".ada@example.com",
            "ada.@example.com",
            "a..b@example.com",
            "ada@-example.com",
            "ada@example-.com",
            "ada@example..com",
            "ada@example.com.",
            "ada@127.0.0.1",
            "ada@example.c",
            "adä@example.com",
            "ada@example.com\n",
            "ada\x00@example.com",
            '"ada"@example.com',
            "a" * 65 + "@example.com",
            "ada@" + "b" * 64 + ".com",
            "ada@" + "b." * 130 + "com",
        ],
    )
    def test_what_is_no_address_is_refused(self, address: str) -> None:
        with pytest.raises(ValueError, match="e-mail address"):
            check_email(address)


class TestNames:
    @pytest.mark.parametrize("name", ["Ada", "Łukasz", "O'Brien-Smith", "李", "نرگس\u200cزاده", "Anne Marie"])
    def test_names_of_the_world_are_taken(self, name: str) -> None:
        assert check_characters(name) == name

    @pytest.mark.parametrize("name", ["A\x00", "A\nB", "A\x7f", "A\u202eB", "A\ud800"])
    def test_what_cannot_be_seen_is_refused(self, name: str) -> None:
        with pytest.raises(ValueError, match="Control characters"):
            check_characters(name)

    def test_a_single_name_has_no_space_at_its_end(self) -> None:
        assert full_name("Madonna", "") == "Madonna"
        assert full_name("Ada", "Byron") == "Ada Byron"
