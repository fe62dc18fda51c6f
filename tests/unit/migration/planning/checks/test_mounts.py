"""What pods mount and will not find."""

from __future__ import annotations

from tests.unit.migration.builders import pods, workload
from tests.unit.migration.planning.plans import blockers, finding_texts, plan


def test_host_paths_and_missing_secrets_are_reported_and_inline_cinder_blocks() -> None:
    volumes = [{"name": "h", "hostPath": {"path": "/data"}}, {"name": "s", "secret": {"secretName": "tls"}}]
    text = finding_texts(plan(workload(template=pods(volumes=volumes))))
    assert "host path /data" in text and "needs Secret tls it is not on the source either" in text
    assert "without a claim" in blockers(
        workload(template=pods(volumes=[{"name": "c", "cinder": {"volumeID": "d"}}]))
    )
