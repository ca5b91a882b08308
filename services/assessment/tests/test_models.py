from shared import migrations
from shared.testing import ServiceUnderTest


def test_models_match_migrations(service: ServiceUnderTest) -> None:
    migrations.check("assessment", service.settings.database_url)
