"""What a policy says, compared and written as YAML."""

from __future__ import annotations

from bot.policy import content
from tests.unit.policy.builders import live, manifest

DENY = manifest("deny")
WRITER = [{"manager": "kubectl", "time": "2026-11-24T12:00:00Z"}]


def test_what_the_server_writes_is_no_part_of_a_policys_content() -> None:
    policy = live(DENY, generation=3, creationTimestamp="t", managedFields=WRITER, labels={})
    assert content.strip_server_fields({**policy, "status": {}}) == DENY
    seen_content = content.read_content(policy)
    assert (
        seen_content is not None
        and (seen_content.uid, seen_content.version) == ("u1", "7")
        and content.read_content(None) is None
    )


def test_differences_are_told_by_field_and_only_so_many() -> None:
    old = manifest("deny", ingress=[{"ports": [{"port": number}]} for number in range(20)])
    new = manifest("deny", ingress=[{"ports": [{"port": number + 1}]} for number in range(20)])
    differences = content.describe_differences(old, new)
    assert (
        differences[0] == "spec.ingress[0].ports[0].port: 0 → 1"
        and differences[-1] == "…and 12 more"
        and len(differences) == 9
    )


def test_yaml_is_written_as_people_write_it() -> None:
    text = content.to_yaml(live(manifest("deny", policyTypes=["Ingress"])))
    assert text.splitlines()[:5] == [
        "apiVersion: networking.k8s.io/v1",
        "kind: NetworkPolicy",
        "metadata:",
        "  name: deny",
        "  namespace: shop",
    ]
    assert "uid" not in text and "resourceVersion" not in text
