"""What lies in deploy/ is what the code makes and needs."""

from __future__ import annotations

import json
import pathlib

import yaml

from bot.actions.help_pages import usage_hint
from bot.drivers import rbac
from bot.drivers.catalog import policy_apis, profiles
from bot.drivers.verification import collector
from bot.migration.objects.kinds import DAEMON_SET, SCALED, SUSPENDED
from bot.policy import cluster_state
from bot.slack.manifest import EVENTS, SCOPES, manifest

DEPLOY = pathlib.Path(__file__).parents[3] / "deploy"


def test_the_manifests_are_what_xk8s_manifest_prints() -> None:
    socket = json.loads((DEPLOY / "slack" / "manifest.json").read_text())
    assert socket == manifest(usage_hint=usage_hint())
    http = json.loads((DEPLOY / "slack" / "manifest-http.json").read_text())
    assert http == manifest(url="https://xk8s.example.com", usage_hint=usage_hint())


def test_a_manifest_asks_for_what_the_bot_uses_and_keeps_slacks_limits() -> None:
    printed = manifest(usage_hint=usage_hint())
    assert "commands" in SCOPES and "chat:write" in SCOPES and "app_mention" in EVENTS
    assert len(printed["display_information"]["description"]) <= 140
    assert len(printed["features"]["slash_commands"][0]["description"]) <= 2_000
    assert printed["settings"]["socket_mode_enabled"] is True


def test_the_role_covers_everything_that_verification_reads() -> None:
    documents = yaml.safe_load_all((DEPLOY / "rbac" / "xk8s-verify.yaml").read_text())
    role = next(document for document in documents if document["kind"] == "ClusterRole")
    allowed = {
        (group, resource)
        for rule in role["rules"]
        if "list" in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    paths = [collector.DAEMON_SETS, collector.NODES, collector.PODS, collector.EVENTS]
    paths += [path for profile in profiles() for resource in profile.resources for path in resource.paths]
    for path in paths:
        parts = path.strip("/").split("/")
        group = parts[1] if parts[0] == "apis" else ""
        assert (group, parts[-1]) in allowed, path
    assert role["rules"][2:] == rbac.check_rules(profiles()), "behind what every driver shares"
    exec_rule = next(rule for rule in role["rules"] if rule["resources"] == ["pods/exec"])
    assert {"create", "get"} <= set(exec_rule["verbs"])


def test_the_role_for_policies_covers_what_is_read_and_written_and_no_more() -> None:
    documents = yaml.safe_load_all((DEPLOY / "rbac" / "xk8s-policy.yaml").read_text())
    role = next(document for document in documents if document["kind"] == "ClusterRole")

    def allows(verb: str, group: str, resource: str) -> bool:
        return any(
            verb in rule["verbs"] and group in rule["apiGroups"] and resource in rule["resources"]
            for rule in role["rules"]
        )

    list_paths = [
        cluster_state.POLICIES,
        cluster_state.PODS,
        cluster_state.NAMESPACES,
        cluster_state.NODES,
        cluster_state.SERVICES,
        cluster_state.JOBS,
        collector.DAEMON_SETS,
    ]
    for path in list_paths:
        parts = path.strip("/").split("/")
        assert allows("list", parts[1] if parts[0] == "apis" else "", parts[-1]), path
    for api in policy_apis():
        assert all(allows("list", group, plural) for group in api.groups for plural in api.policies.values())
    assert role["rules"][-len(policy_apis()) :] == rbac.policy_rules(policy_apis())
    # server-side apply patches, and creates what is not there; a roll-back replaces or deletes
    assert all(
        allows(verb, "networking.k8s.io", "networkpolicies")
        for verb in ("get", "create", "patch", "update", "delete")
    )
    written = {
        resource
        for rule in role["rules"]
        for resource in rule["resources"]
        if set(rule["verbs"]) - {"get", "list"}
    }
    assert written == {"networkpolicies"}


def test_the_role_for_the_source_of_a_migration_deletes_nothing_and_patches_what_the_cut_over_changes() -> (
    None
):
    documents = yaml.safe_load_all((DEPLOY / "rbac" / "xk8s-migrate.yaml").read_text())
    role = next(document for document in documents if document["metadata"]["name"] == "xk8s-migrate-source")
    verbs = {verb for rule in role["rules"] for verb in rule["verbs"]}
    assert verbs == {"get", "list", "patch", "create"}
    creatable = [rule["resources"] for rule in role["rules"] if "create" in rule["verbs"]]
    assert creatable == [["pods/exec"], ["subjectaccessreviews"]], (
        "commands in pods, and questions that store nothing"
    )
    patched = {
        (group, name)
        for rule in role["rules"]
        if "patch" in rule["verbs"]
        for group in rule["apiGroups"]
        for name in rule["resources"]
    }
    kinds = SCALED | SUSPENDED | {DAEMON_SET, ("", "PersistentVolume"), ("", "Service")}
    assert patched == {(group, f"{kind.lower()}s") for group, kind in kinds}


def test_the_roles_for_migrations_never_delete_on_the_source_and_cover_what_the_cut_over_changes() -> None:
    documents = list(yaml.safe_load_all((DEPLOY / "rbac" / "xk8s-migrate.yaml").read_text()))
    roles = {document["metadata"]["name"]: document["rules"] for document in documents}
    source = roles["xk8s-migrate-source"]
    verbs = {verb for rule in source for verb in rule["verbs"]}
    assert verbs == {"get", "list", "patch", "create"}, "no delete, and nothing else that removes"
    created = {resource for rule in source if "create" in rule["verbs"] for resource in rule["resources"]}
    assert created == {"pods/exec", "subjectaccessreviews"}
    patched = {
        (group, resource)
        for rule in source
        if "patch" in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    plural = {
        "Deployment": "deployments",
        "StatefulSet": "statefulsets",
        "ReplicaSet": "replicasets",
        "ReplicationController": "replicationcontrollers",
        "CronJob": "cronjobs",
        "Job": "jobs",
        "DaemonSet": "daemonsets",
    }
    for group, kind in SCALED | SUSPENDED | {DAEMON_SET}:
        assert (group, plural[kind]) in patched
    assert {("", "persistentvolumes"), ("", "services")} <= patched
    target = roles["xk8s-migrate-target"]
    for role, verb in ((source, "get"), (target, "get"), (source, "create"), (target, "create")):
        group, resource = (
            ("", "services/proxy") if verb == "get" else ("authorization.k8s.io", "subjectaccessreviews")
        )
        assert any(
            verb in rule["verbs"]
            and {"*", group} & set(rule["apiGroups"])
            and {"*", resource} & set(rule["resources"])
            for rule in role
        ), f"the proof needs {verb} {resource}"
    assert any(
        {"create", "patch", "delete"} <= set(rule["verbs"]) and "*" in rule["apiGroups"] for rule in target
    )
