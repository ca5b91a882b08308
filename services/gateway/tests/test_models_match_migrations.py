from shared import migrations
from shared.testing import Environment


def test_models_match_migrations(environment: Environment) -> None:
    migrations.check("gateway", environment.database("gateway").url)
