import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from certificate.domain.attestation import Attestation, certificate_number, instant, issue_time

ISSUED_AT = datetime(2026, 3, 2, 8, 5, 9, 7_000, tzinfo=UTC)
ATTESTATION = Attestation(
    certificate_number="CERT-5-7-20260302080509007",
    course_id=5,
    course_title="Sound Statistics",
    user_id=7,
    student_name="Zoë Ångström",
    instructor_name="Ivo Lead",
    completion_date=datetime(2026, 3, 1, 12, tzinfo=UTC),
    issued_at=ISSUED_AT,
    template_version="1",
)


class TestAttestation:
    def test_its_canonical_form_has_exactly_nine_facts_in_order(self) -> None:
        assert ATTESTATION.canonical().decode() == (
            '{"certificate_number":"CERT-5-7-20260302080509007","completion_date":"2026-03-01T12:00:00Z",'
            '"course_id":5,"course_title":"Sound Statistics","instructor_name":"Ivo Lead",'
            '"issued_at":"2026-03-02T08:05:09.007000Z","student_name":"Zoë Ångström","template_version":"1",'
            '"user_id":7}'
        )

    def test_its_hash_is_the_sha_256_of_that(self) -> None:
        assert ATTESTATION.verification_hash() == hashlib.sha256(ATTESTATION.canonical()).hexdigest()

    def test_every_fact_changes_the_hash(self) -> None:
        later = {name: ATTESTATION.issued_at + timedelta(microseconds=1) for name in ("completion_date", "issued_at")}
        texts = ("certificate_number", "course_title", "student_name", "instructor_name", "template_version")
        changes = later | dict.fromkeys(texts, "x") | dict.fromkeys(("course_id", "user_id"), 99)
        hashes = {replace(ATTESTATION, **{name: value}).verification_hash() for name, value in changes.items()}
        assert len(hashes | {ATTESTATION.verification_hash()}) == 10

    def test_the_time_zone_that_a_time_is_told_in_does_not_matter(self) -> None:
        elsewhere = replace(ATTESTATION, issued_at=ISSUED_AT.astimezone(timezone(timedelta(hours=5, minutes=30))))
        assert elsewhere.canonical() == ATTESTATION.canonical()

    def test_an_id_beyond_json_numbers_cannot_be_attested(self) -> None:
        with pytest.raises(ValueError):
            replace(ATTESTATION, user_id=2**53).canonical()


class TestTimes:
    def test_a_number_tells_course_user_and_millisecond(self) -> None:
        assert certificate_number(5, 7, ISSUED_AT) == "CERT-5-7-20260302080509007"

    def test_the_time_of_issue_has_no_more_than_its_number_tells(self) -> None:
        assert issue_time(ISSUED_AT + timedelta(microseconds=999)) == ISSUED_AT

    def test_an_instant_is_written_as_the_api_writes_it(self) -> None:
        assert instant(datetime(2026, 3, 1, 12, tzinfo=UTC)) == "2026-03-01T12:00:00Z"
        assert instant(ISSUED_AT) == "2026-03-02T08:05:09.007000Z"
