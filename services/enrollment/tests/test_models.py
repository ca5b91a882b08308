"""Tables as the migrations make them."""

from shared import migrations
from shared.testing import Environment


def test_models_match_migrations(environment: Environment) -> None:
    migrations.check("enrollment", environment.database("enrollment").url)
