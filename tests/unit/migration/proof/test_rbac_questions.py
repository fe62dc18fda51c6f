"""Which rights of which accounts are asked for."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.migration.objects.manifest import Object
from bot.migration.proof import rbac_questions
from bot.migration.proof.rbac_questions import AccessQuestion, questions
from tests.unit.migration.builders import an, inventory, plan

RUNNER = an("ServiceAccount", "runner")


def role(*rules: dict[str, Any], kind: str = "Role", name: str = "r", **more: Any) -> Object:
    return an(kind, name, rules=list(rules), **more)


def rule(verbs: str = "get", resources: str = "configmaps", groups: str = "", **more: Any) -> dict[str, Any]:
    return {"verbs": verbs.split(), "resources": resources.split(), "apiGroups": [groups], **more}


def bound(
    kind: str = "RoleBinding", to: str = "Role", name: str = "r", subject: dict[str, str] | None = None
) -> Object:
    whom = subject or {"kind": "ServiceAccount", "name": "runner", "namespace": "shop"}
    return an(kind, f"b-{name}", roleRef={"kind": to, "name": name}, subjects=[whom])


def asked(*objects: Object, left: tuple[Object, ...] = ()) -> list[str]:
    found = questions(plan(*objects), inventory(*objects, *left))
    return [f"{each.account.name}: {each}" for each in found]


def test_an_account_is_asked_for_what_its_role_allows_and_for_one_thing_that_nothing_allows() -> None:
    found = asked(RUNNER, role(rule("get list"), rule("patch", "deployments/scale", "apps")), bound())
    assert found == [
        "runner: delete secrets in shop",
        "runner: get configmaps in shop",
        "runner: patch deployments/scale.apps in shop",
    ]


def test_what_nothing_allows_is_chosen_past_what_something_does() -> None:
    """Also by a group, and by a binding that is not copied: the source's answer would be yes."""
    everyone = bound(
        "ClusterRoleBinding", "ClusterRole", "all", {"kind": "Group", "name": "system:serviceaccounts"}
    )
    wide = role(rule("*", "secrets pods/exec"), kind="ClusterRole", name="all")
    assert asked(RUNNER, role(rule()), bound(), left=(everyone, wide))[0] == "runner: delete nodes"


def test_who_may_everything_is_asked_for_no_refusal() -> None:
    admin = role(
        rule("*", "*", "*"),
        kind="ClusterRole",
        name="cluster-admin",
        labels={rbac_questions.BUILT_IN: "rbac-defaults"},
    )
    found = asked(RUNNER, bound("ClusterRoleBinding", "ClusterRole", "cluster-admin"), left=(admin,))
    assert found == ["runner: get configmaps"]


def test_names_and_paths_and_stars_become_something_that_can_be_asked() -> None:
    found = asked(
        RUNNER,
        bound("ClusterRoleBinding", "ClusterRole"),
        role(
            rule("get", resourceNames=["settings"]),
            rule("*", "*/status", "apps"),
            {"verbs": ["get"], "nonResourceURLs": ["/metrics/*"]},
            kind="ClusterRole",
        ),
    )
    assert found[1:] == [
        'runner: get configmaps "settings"',
        "runner: get configmaps/status.apps",
        "runner: get /metrics/x",
    ]


def test_a_binding_or_a_role_that_was_left_out_gives_no_samples() -> None:
    assert not asked(RUNNER, role(rule()), left=(bound(),))
    assert asked(RUNNER, bound(), left=(role(rule()),)) == ["runner: delete secrets in shop"]


def test_accounts_take_turns_and_one_with_many_rules_is_sampled_evenly() -> None:
    other = an("ServiceAccount", "a")
    many = role(*(rule(resources=f"kind{number}") for number in range(60)))
    found = asked(
        RUNNER,
        other,
        many,
        bound(),
        role(rule(), name="s"),
        bound(name="s", subject={"kind": "ServiceAccount", "name": "a"}),
    )
    assert [line.split(":")[0] for line in found[:4]] == ["a", "runner", "a", "runner"]
    mine = [line for line in found if line.startswith("runner: get kind")]
    assert len(mine) == rbac_questions.PER_ACCOUNT and mine[-1] == "runner: get kind50 in shop"


words = st.sampled_from(
    ["*", "get", "delete", "pods", "secrets", "nodes", "pods/exec", "*/exec", "apps", "", "users"]
)
rules_of_any_kind = st.fixed_dictionaries(
    {
        "verbs": st.lists(words, min_size=1, max_size=3),
        "resources": st.lists(words, min_size=1, max_size=3),
        "apiGroups": st.lists(words, min_size=1, max_size=2),
    }
)


@given(st.lists(rules_of_any_kind, min_size=1, max_size=8))
def test_every_question_but_the_first_is_allowed_by_a_rule_and_the_first_by_none(
    found: list[dict[str, Any]],
) -> None:
    made = questions(plan(RUNNER, role(*found), bound()), inventory(RUNNER, role(*found), bound()))
    refused = [each for each in made if not any(rbac_questions._allows(rule, each) for rule in found)]
    assert len(refused) <= 1 and refused == list(made[: len(refused)])
    assert all(
        "*" not in (each.verb, each.group, each.resource, each.subresource)
        for each in made
        if isinstance(each, AccessQuestion)
    )
