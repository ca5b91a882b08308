import asyncio
import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import rfc8785
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from certificate.domain.merkle import EMPTY_ROOT, is_consistent, is_included, leaf_hash
from certificate.domain.signing import VerifyingKey
from certificate.models import Certificate, LogEntry, LogNode
from certificate.upkeep import log_missing
from shared.testing import ServiceUnderTest, user

URL = "/api/certificates/"
STAFF = user(3, "instructor")
ADMINISTRATOR = user(1, "administrator")


async def get(service: ServiceUnderTest, path: str, **params: Any) -> dict[str, Any]:
    answer = await service.client().get(f"{URL}{path}", params=params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def shown(service: ServiceUnderTest) -> list[dict[str, Any]]:
    """All certificates, the oldest first."""
    answer = await service.client(ADMINISTRATOR).get(URL, params={"ordering": "issued_at"})
    listed: list[dict[str, Any]] = answer.json()["results"]
    return listed


async def act(service: ServiceUnderTest, certificate_id: int, action: str) -> dict[str, Any]:
    answer = await service.client(STAFF).post(f"{URL}{certificate_id}/{action}/", json={"reason": "Copied work."})
    assert answer.is_success, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def leaves(service: ServiceUnderTest) -> list[tuple[int, str, str]]:
    async with service.database.reading() as session:
        entries = (await session.scalars(select(LogEntry).order_by(LogEntry.leaf_index))).all()
    said = [json.loads(entry.leaf_input) for entry in entries]
    return [
        (entry.leaf_index, leaf["kind"], leaf["certificate_number"]) for entry, leaf in zip(entries, said, strict=True)
    ]


class TestCheckpoint:
    async def test_of_an_empty_log(self, certificate: ServiceUnderTest) -> None:
        body = await get(certificate, "log/")
        assert (body["tree_size"], body["root_hash"]) == (0, EMPTY_ROOT.hex())
        assert body["origin"] == "127.0.0.1:8000/api/certificates/log"

    async def test_is_signed(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue(7, 8, 9)
        body = await get(certificate, "log/")
        assert body["tree_size"] == 3
        signature = body.pop("signature")
        [key] = [key for key in (await get(certificate, "keys/"))["keys"] if key["kid"] == body["key_id"]]
        assert VerifyingKey(key["x"]).verify(rfc8785.dumps(body), signature)
        assert not VerifyingKey(key["x"]).verify(rfc8785.dumps(body | {"tree_size": 2}), signature)


class TestEntries:
    async def test_are_each_issue_reissue_and_revocation_in_order(
        self, certificate: ServiceUnderTest, issue: Any
    ) -> None:
        await issue(7, 8)
        first, second = await shown(certificate)
        await act(certificate, first["id"], "revoke")
        await act(certificate, first["id"], "revoke")
        third = await act(certificate, second["id"], "reissue")
        one, two, three = (each["certificate_number"] for each in (first, second, third))
        assert await leaves(certificate) == [
            (0, "issue", one),
            (1, "issue", two),
            (2, "revoke", one),
            (3, "supersede", two),
            (4, "issue", three),
        ]

    async def test_tell_no_names_and_no_reasons(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        [only] = await shown(certificate)
        await act(certificate, only["id"], "revoke")
        leaf = (await get(certificate, "log/proof/", certificate_number=only["certificate_number"], kind="revoke"))[
            "leaf_input"
        ]
        said = json.loads(base64.b64decode(leaf))
        assert said.pop("recorded_at").endswith("Z")
        assert said == {
            "kind": "revoke",
            "certificate_number": only["certificate_number"],
            "verification_hash": only["verification_hash"],
        }

    async def test_of_several_at_once_have_one_order(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue(*range(20, 28))
        before = await get(certificate, "log/")
        await asyncio.gather(
            *(
                act(certificate, each["id"], "revoke" if n % 2 else "reissue")
                for n, each in enumerate(await shown(certificate))
            )
        )
        after = await get(certificate, "log/")
        assert after["tree_size"] == 8 + 4 + 8
        assert [index for index, _, _ in await leaves(certificate)] == list(range(20))
        proof = await get(certificate, "log/consistency/", first=8, second=20)
        hashes = [bytes.fromhex(digest) for digest in proof["hashes"]]
        roots = [bytes.fromhex(each["root_hash"]) for each in (before, after)]
        assert is_consistent(8, 20, hashes, *roots)

    @pytest.mark.parametrize("table", [LogEntry, LogNode])
    async def test_are_neither_changed_nor_removed(self, certificate: ServiceUnderTest, issue: Any, table: Any) -> None:
        await issue()
        for statement in (delete(table), update(table).values({table.__table__.primary_key.columns[0]: 9})):
            with pytest.raises(DBAPIError, match="only grows"):
                async with certificate.database.transaction() as session:
                    await session.execute(statement)

    async def test_of_what_an_older_release_issued_are_made_up_for(
        self, certificate: ServiceUnderTest, issue: Any
    ) -> None:
        await issue(7)
        async with certificate.database.transaction() as session:
            [logged] = (await session.scalars(select(Certificate))).all()
            columns = {
                column.key: getattr(logged, column.key)
                for column in Certificate.__mapper__.column_attrs
                if column.key not in ("id", "is_logged")
            }
            number = "CERT-5-9-20260101000000000"
            session.add(
                Certificate(
                    **columns
                    | {
                        "certificate_number": number,
                        "enrollment_id": 9,
                        "user_id": 9,
                        "status": "revoked",
                        "revocation_date": datetime.now(UTC),
                    }
                )
            )
        assert (await get(certificate, "verify/", certificate_number=number))["checks"]["log"] is None
        await log_missing(certificate.database)
        await log_missing(certificate.database)
        assert [kind for _, kind, said in await leaves(certificate) if said == number] == ["issue", "revoke"]
        assert (await get(certificate, "verify/", certificate_number=number))["checks"]["log"] is True


class TestInclusion:
    async def test_proves_each_entry_against_the_checkpoint(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue(*range(20, 27))
        root = bytes.fromhex((await get(certificate, "log/"))["root_hash"])
        for index, each in enumerate(await shown(certificate)):
            proof = await get(certificate, "log/proof/", certificate_number=each["certificate_number"])
            leaf = leaf_hash(base64.b64decode(proof["leaf_input"]))
            assert (proof["leaf_index"], proof["tree_size"]) == (index, 7)
            assert (proof["leaf_hash"], proof["root_hash"]) == (leaf.hex(), root.hex())
            assert is_included(leaf, index, 7, [bytes.fromhex(digest) for digest in proof["audit_path"]], root)

    async def test_against_an_older_checkpoint(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue(7, 8)
        old = await get(certificate, "log/")
        await issue(9)
        [_, second, _] = await shown(certificate)
        number = second["certificate_number"]
        proof = await get(certificate, "log/proof/", certificate_number=number, tree_size=2)
        assert (proof["tree_size"], proof["root_hash"]) == (2, old["root_hash"])
        for size in (1, 4):
            answer = await certificate.client().get(
                f"{URL}log/proof/", params={"certificate_number": number, "tree_size": size}
            )
            assert (answer.status_code, answer.json()) == (
                400,
                {"tree_size": ["The entry is in trees of 2 to 3 leaves."]},
            )

    async def test_of_nothing_is_404(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        [only] = await shown(certificate)
        for params in (
            {"certificate_number": "CERT-1"},
            {"certificate_number": only["certificate_number"], "kind": "revoke"},
        ):
            assert (await certificate.client().get(f"{URL}log/proof/", params=params)).status_code == 404

    @pytest.mark.parametrize(
        ("params", "field"),
        [
            ({}, "certificate_number"),
            ({"certificate_number": "C" * 51}, "certificate_number"),
            ({"certificate_number": "C", "kind": "x"}, "kind"),
            ({"certificate_number": "C", "tree_size": "0"}, "tree_size"),
            ({"certificate_number": "C", "tree_size": str(2**63)}, "tree_size"),
        ],
    )
    async def test_bad_input_is_named(self, certificate: ServiceUnderTest, params: Any, field: str) -> None:
        answer = await certificate.client().get(f"{URL}log/proof/", params=params)
        assert (answer.status_code, list(answer.json())) == (400, [field])


class TestConsistency:
    async def test_of_the_same_size_needs_nothing(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue(7, 8)
        assert await get(certificate, "log/consistency/", first=2, second=2) == {"first": 2, "second": 2, "hashes": []}

    @pytest.mark.parametrize(
        ("first", "second", "field"),
        [
            ("0", "1", "first"),
            ("2", "1", "first"),
            ("1", "3", "second"),
            ("1", str(2**63), "second"),
            ("x", "1", "first"),
        ],
    )
    async def test_bad_input_is_named(
        self, certificate: ServiceUnderTest, issue: Any, first: str, second: str, field: str
    ) -> None:
        await issue(7, 8)
        answer = await certificate.client().get(f"{URL}log/consistency/", params={"first": first, "second": second})
        assert (answer.status_code, list(answer.json())) == (400, [field])


class TestVerification:
    async def test_of_all_that_happens_agrees_with_the_log(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue(7, 8, 9)
        first, second, _ = await shown(certificate)
        await act(certificate, first["id"], "revoke")
        await act(certificate, second["id"], "reissue")
        for each in await shown(certificate):
            checked = await get(certificate, "verify/", certificate_number=each["certificate_number"])
            assert checked["checks"]["log"] is True
            assert checked["valid"] is (each["status"] == "active")

    async def test_finds_a_revocation_that_was_undone(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        [only] = await shown(certificate)
        await act(certificate, only["id"], "revoke")
        async with certificate.database.transaction() as session:
            await session.execute(update(Certificate).values(status="active", revocation_date=None))
        checked = await get(certificate, "verify/", certificate_number=only["certificate_number"])
        assert (checked["valid"], checked["checks"]["log"]) == (False, False)

    async def test_finds_an_entry_that_was_changed(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue(7, 8)
        first, _ = await shown(certificate)
        async with certificate.database.transaction() as session:
            await session.execute(text("ALTER TABLE log_entries DISABLE TRIGGER only_grows"))
            moved = datetime(2020, 1, 1, tzinfo=UTC).isoformat()
            leaf = rfc8785.dumps(
                {
                    "kind": "issue",
                    "certificate_number": first["certificate_number"],
                    "verification_hash": first["verification_hash"],
                    "recorded_at": moved,
                }
            )
            await session.execute(update(LogEntry).where(LogEntry.leaf_index == 0).values(leaf_input=leaf))
            await session.execute(text("ALTER TABLE log_entries ENABLE TRIGGER only_grows"))
        checked = await get(certificate, "verify/", certificate_number=first["certificate_number"])
        assert (checked["valid"], checked["checks"]["log"]) == (False, False)
        assert checked["reason"] == "The public log of certificates says otherwise."
