"""Models and migrations say the same."""

from shared import migrations
from shared.testing import ServiceUnderTest


async def test_models_match_migrations(catalog: ServiceUnderTest) -> None:
    migrations.check("catalog", catalog.settings.database_url)
