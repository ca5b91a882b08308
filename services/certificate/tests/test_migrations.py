from shared.migrations import check
from shared.testing import Environment


def test_models_match_migrations(environment: Environment) -> None:
    check("certificate", environment.database("certificate").url)
