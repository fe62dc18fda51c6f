"""Which rights of which accounts are asked for."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.migration.objects.fields import Object
from bot.migration.proof import rbac_questions
from bot.migration.proof.rbac_questions import AccessQuestion, questions
from tests.unit.migration.builders import an, inventory, plan

RUNNER = an("ServiceAccount", "runner")


def role(*rules: dict[str, Any], kind: str = "Role", name: str = "r", **fields: Any) -> Object:
    return an(kind, name, rules=list(rules), **fields)


def rule(
    verbs: str = "get", resources: str = "configmaps", groups: str = "", **fields: Any
) -> dict[str, Any]:
    return {"verbs": verbs.split(), "resources": resources.split(), "apiGroups": [groups], **fields}


def bound(
    kind: str = "RoleBinding", to: str = "Role", name: str = "r", subject: dict[str, str] | None = None
) -> Object:
    whom = subject or {"kind": "ServiceAccount", "name": "runner", "namespace": "shop"}
    return an(kind, f"b-{name}", roleRef={"kind": to, "name": name}, subjects=[whom])


def question_texts(*objects: Object, not_copied: tuple[Object, ...] = ()) -> list[str]:
    result = questions(plan(*objects), inventory(*objects, *not_copied))
    return [f"{question.account.name}: {question}" for question in result]


def test_an_account_is_asked_for_what_its_role_allows_and_for_one_thing_that_nothing_allows() -> None:
    lines = question_texts(
        RUNNER, role(rule("get list"), rule("patch", "deployments/scale", "apps")), bound()
    )
    assert lines == [
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
    assert (
        question_texts(RUNNER, role(rule()), bound(), not_copied=(everyone, wide))[0]
        == "runner: delete nodes"
    )


def test_who_may_everything_is_asked_for_no_refusal() -> None:
    admin = role(
        rule("*", "*", "*"),
        kind="ClusterRole",
        name="cluster-admin",
        labels={rbac_questions.BUILT_IN: "rbac-defaults"},
    )
    lines = question_texts(
        RUNNER, bound("ClusterRoleBinding", "ClusterRole", "cluster-admin"), not_copied=(admin,)
    )
    assert lines == ["runner: get configmaps"]


def test_names_and_paths_and_stars_become_something_that_can_be_asked() -> None:
    lines = question_texts(
        RUNNER,
        bound("ClusterRoleBinding", "ClusterRole"),
        role(
            rule("get", resourceNames=["settings"]),
            rule("*", "*/status", "apps"),
            {"verbs": ["get"], "nonResourceURLs": ["/metrics/*"]},
            kind="ClusterRole",
        ),
    )
    assert lines[1:] == [
        'runner: get configmaps "settings"',
        "runner: get configmaps/status.apps",
        "runner: get /metrics/x",
    ]


def test_a_binding_or_a_role_that_was_left_out_gives_no_samples() -> None:
    assert not question_texts(RUNNER, role(rule()), not_copied=(bound(),))
    assert question_texts(RUNNER, bound(), not_copied=(role(rule()),)) == ["runner: delete secrets in shop"]


def test_accounts_take_turns_and_one_with_many_rules_is_sampled_evenly() -> None:
    second_account = an("ServiceAccount", "a")
    long_role = role(*(rule(resources=f"kind{number}") for number in range(60)))
    lines = question_texts(
        RUNNER,
        second_account,
        long_role,
        bound(),
        role(rule(), name="s"),
        bound(name="s", subject={"kind": "ServiceAccount", "name": "a"}),
    )
    assert [line.split(":")[0] for line in lines[:4]] == ["a", "runner", "a", "runner"]
    runner_lines = [line for line in lines if line.startswith("runner: get kind")]
    assert (
        len(runner_lines) == rbac_questions.PER_ACCOUNT and runner_lines[-1] == "runner: get kind50 in shop"
    )


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
    rules: list[dict[str, Any]],
) -> None:
    asked_questions = questions(plan(RUNNER, role(*rules), bound()), inventory(RUNNER, role(*rules), bound()))
    refused = [
        question
        for question in asked_questions
        if not any(rbac_questions._allows(rule, question) for rule in rules)
    ]
    assert len(refused) <= 1 and refused == list(asked_questions[: len(refused)])
    assert all(
        "*" not in (question.verb, question.group, question.resource, question.subresource)
        for question in asked_questions
        if isinstance(question, AccessQuestion)
    )
