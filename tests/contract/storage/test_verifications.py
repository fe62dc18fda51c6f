"""Only the last verification of a cluster is stored."""

from __future__ import annotations

from datetime import UTC, datetime

from storage.database import Database
from storage.verifications import LastVerification, VerificationRepository

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_only_the_last_verification_of_a_cluster_is_kept(database: Database) -> None:
    verifications = VerificationRepository(database)
    for verdict in ("degraded", "healthy"):
        verifications.store(
            LastVerification(
                project="shop", cluster="uuid-1", name="prod-eu", verdict=verdict, report={"n": 1}, at=NOW
            )
        )
    assert [last.verdict for last in verifications.of_project("shop")] == ["healthy"]
    assert verifications.of_project("other") == []


def test_a_cluster_that_is_gone_has_no_verification(database: Database) -> None:
    verifications = VerificationRepository(database)
    for cluster, name in (("uuid-1", "prod-eu"), ("uuid-2", "dev-eu")):
        verifications.store(
            LastVerification(project="shop", cluster=cluster, name=name, verdict="healthy", report={}, at=NOW)
        )
    assert [last.name for last in verifications.of_project("shop")] == ["dev-eu", "prod-eu"]
    verifications.delete("other", "uuid-1")
    verifications.delete("shop", "uuid-1")
    assert [last.name for last in verifications.of_project("shop")] == ["dev-eu"]
