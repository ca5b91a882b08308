"""What 1EdTech's schema of an AchievementCredential (Open Badges 3.0) demands of what we give out, in our own words.

The schema lets more pass than this does: here is only what we say, so that nothing comes in unseen.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel
from sqlalchemy import update

from certificate.models import Certificate
from shared.testing import ServiceUnderTest, user

ADMINISTRATOR = user(1, "administrator")
EXPIRY = datetime(2036, 3, 1, tzinfo=UTC)

Words = Annotated[str, StringConstraints(min_length=1)]
Uri = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]*:[!-~]+$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$")]
Moment = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
BadgesContext = Annotated[
    str, StringConstraints(pattern=r"^https://purl\.imsglobal\.org/spec/ob/v3p0/context(-3\.\d\.\d)*\.json$")
]


class Shape(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)


class Profile(Shape):
    id: Uri
    type: tuple[Literal["Profile"]]
    name: Words
    url: Url


class IdentityObject(Shape):
    """The only one that the schema closes, too."""

    type: Literal["IdentityObject"]
    hashed: Literal[False]
    identity_hash: Words
    identity_type: Literal["name"]


class Criteria(Shape):
    narrative: Words


class Achievement(Shape):
    id: Uri
    type: tuple[Literal["Achievement"]]
    achievement_type: Literal["CertificateOfCompletion"]
    name: Words
    description: Words
    criteria: Criteria


class AchievementSubject(Shape):
    """It has an `id` or identifiers, by which its holder is told."""

    type: tuple[Literal["AchievementSubject"]]
    identifier: tuple[IdentityObject]
    activity_end_date: Moment
    license_number: Words
    achievement: Achievement


class CredentialStatus(Shape):
    id: Url
    type: Literal["BitstringStatusListEntry"]
    status_purpose: Literal["revocation"]
    status_list_index: Annotated[str, StringConstraints(pattern=r"^\d+$")]
    status_list_credential: Url


class CredentialSchema(Shape):
    id: Literal["https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"]
    type: Literal["1EdTechJsonSchemaValidator2019"]


class Proof(Shape):
    context: Annotated[list[Url], Field(alias="@context")]
    type: Literal["DataIntegrityProof"]
    cryptosuite: Literal["eddsa-jcs-2022"]
    created: Moment
    verification_method: Uri
    proof_purpose: Literal["assertionMethod"]
    proof_value: Annotated[str, StringConstraints(pattern=r"^z[1-9A-HJ-NP-Za-km-z]+$")]


class AchievementCredential(Shape):
    context: Annotated[
        tuple[Literal["https://www.w3.org/ns/credentials/v2"], BadgesContext, Url], Field(alias="@context")
    ]
    id: Url
    type: tuple[Literal["VerifiableCredential"], Literal["OpenBadgeCredential"]]
    name: Words
    issuer: Profile
    valid_from: Moment
    valid_until: Moment | None = None
    credential_subject: AchievementSubject
    credential_status: CredentialStatus
    credential_schema: tuple[CredentialSchema]
    proof: tuple[Proof]


@pytest.mark.parametrize("kind", ["plain", "expiring", "revoked"])
async def test_is_an_achievement_credential(certificate: ServiceUnderTest, issue: Any, kind: str) -> None:
    await issue()
    client = certificate.client(ADMINISTRATOR)
    [shown] = (await client.get("/api/certificates/")).json()["results"]
    url = f"/api/certificates/{shown['id']}/"
    if kind == "expiring":
        async with certificate.database.transaction() as session:
            await session.execute(update(Certificate).values(expires_at=EXPIRY))
    if kind == "revoked":
        await client.post(f"{url}revoke/", json={"reason": "Copied work."})
    answer = await client.get(f"{url}credential/")
    found = AchievementCredential.model_validate_json(answer.content)
    assert found.valid_until == ("2036-03-01T00:00:00Z" if kind == "expiring" else None)
    assert "null" not in answer.text
