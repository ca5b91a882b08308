import pytest

from gateway.limits.rules import Rule, rules_for
from gateway.settings import Settings

SETTINGS = Settings()
IP = "198.51.100.1"


class TestRules:
    @pytest.mark.parametrize(
        ("method", "path", "user", "rules"),
        [
            ("GET", "/api/courses/", None, [("guest", IP)]),
            ("GET", "/api/courses/", 7, [("user", "7")]),
            ("POST", "/api/auth/login/", None, [("guest", IP), ("login-guest", IP)]),
            ("GET", "/api/auth/login/", None, [("guest", IP)]),
            ("POST", "/api/auth/login/", 7, [("user", "7"), ("login-guest", IP)]),
            ("POST", "/api/auth/register/", None, [("guest", IP), ("registration-guest", IP)]),
            ("POST", "/api/auth/password-reset/", None, [("guest", IP), ("recovery-guest", IP)]),
            ("POST", "/api/auth/verify-email/", 7, [("user", "7"), ("recovery-guest", IP)]),
            ("POST", "/account/password-reset/", None, [("guest", IP), ("recovery-guest", IP)]),
            ("POST", "/api/user/change-password/", 7, [("user", "7"), ("password-user", "7")]),
            ("GET", "/api/search/courses/", None, [("guest", IP), ("search-guest", IP)]),
            ("GET", "/api/search/suggest/", 7, [("user", "7"), ("search-user", "7")]),
            ("GET", "/api/certificates/verify/", 7, [("user", "7"), ("verification-guest", IP)]),
            ("GET", "/verify/CERT-1-2-3", None, [("guest", IP), ("verification-guest", IP)]),
            ("GET", "/verify", None, [("guest", IP), ("verification-guest", IP)]),
            ("GET", "/", None, [("guest", IP)]),
        ],
    )
    def test_who_is_counted_against_what(
        self, method: str, path: str, user: int | None, rules: list[tuple[str, str]]
    ) -> None:
        assert [(rule.name, rule.who) for rule in rules_for(SETTINGS, method, path, user, IP)] == rules

    def test_amounts_are_the_settings(self) -> None:
        settings = Settings(limit_user=5, limit_search=3)
        found = rules_for(settings, "GET", "/api/search/courses/", 7, IP)
        assert found == [Rule("user", 5, "7"), Rule("search-user", 3, "7")]
