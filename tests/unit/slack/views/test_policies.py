"""Policies at rest: presets, a list, one as YAML, and what makes a verdict incomplete."""

from __future__ import annotations

from bot.actions.policies import PolicyApply, PolicyDelete, PolicyList
from bot.policy import presets
from bot.policy.owners import PolicyOwner
from bot.policy.results import PolicyForm, PresetList
from bot.slack import kit
from bot.slack.views import policies as views
from tests.unit.policy.builders import policy_cluster
from tests.unit.slack.examples.policies import (
    LISTED,
    NO_DRIVER,
    OTHER_POLICIES,
    action,
    listing,
    policy_details,
    recent_change,
)
from tests.unit.slack.rendering import buttons, text, words


def test_each_preset_is_shown_with_its_caution_and_a_command_to_copy() -> None:
    rendered = views.show_presets(PresetList(presets=presets.PRESETS))
    answer_text = text(*rendered.messages)
    for preset in presets.PRESETS:
        assert f"/xk8s policy preview {preset.name} {preset.example}" in " ".join(answer_text.split())
    assert answer_text.count("⚠️") == len(presets.PRESETS)


def test_from_a_mention_a_button_opens_the_form_of_the_same_action() -> None:
    form = PolicyForm(action=action(PolicyApply), cluster="prod-eu", namespace="shop")
    rendered = views.show_form_button(form)
    assert rendered.headline == "📝 A policy of your own for *prod-eu / shop*"
    assert "@xk8s policy apply --yaml prod-eu -n shop" in words(rendered.messages[0].blocks)
    [button] = buttons(*rendered.messages).values()
    assert button.opens_form and button.action == form.action


def test_a_list_names_policies_their_owners_and_the_last_changes() -> None:
    rendered = views.show_list(
        listing(policies=LISTED[:1], changes=(recent_change(), recent_change("delete", undone=True)))
    )
    assert rendered.headline == "📜 1 policy in *prod-eu*"
    answer_text = text(*rendered.messages)
    assert "Ingress and Egress" in answer_text
    assert "shop/deny applied by @U1 · /xk8s policy rollback 7f3a" in answer_text
    assert "shop/deny deleted by @U1 · taken back" in answer_text


def test_without_policies_everything_is_open() -> None:
    rendered = views.show_list(listing())
    assert rendered.headline == "📜 0 policies in *prod-eu*"
    assert "Nothing is isolated: every pod reaches every other." in words(rendered.messages[0].blocks)


def test_a_short_policy_is_in_the_message_a_long_one_in_the_file_only() -> None:
    short = views.show_details(policy_details(yaml="kind: NetworkPolicy\n"))
    assert "kind: NetworkPolicy" in text(*short.messages)
    long = views.show_details(policy_details(yaml="# x\n" * 1_000))
    assert "It is too long for a message" in text(*long.messages)
    assert long.files[0].content == b"# x\n" * 1_000 and long.files[0].name == "deny.yaml"


def test_who_owns_and_writes_a_policy_is_said() -> None:
    owner = PolicyOwner(tool="Argo CD", name="apps")
    answer_text = text(
        *views.show_details(
            policy_details(owner=owner, managers=("argocd", "kubectl"), last_writer="kubectl")
        ).messages
    )
    assert owner.consequence in " ".join(answer_text.split())
    assert "isolates 1 pod · last written by kubectl · field managers: argocd, kubectl" in answer_text


def test_a_deletion_asks_before_and_says_what_it_opens() -> None:
    offered = buttons(*views.show_details(policy_details(selected=3)).messages)
    assert offered["All policies"].action == PolicyList(cluster="uuid-1")
    delete = offered["Delete"]
    assert delete.action == PolicyDelete(policy="deny", cluster="uuid-1", namespace="shop")
    assert delete.style == "danger" and delete.confirm is not None
    assert "It isolates 3 pods in prod-eu / shop" in delete.confirm.text


def test_a_verdict_is_incomplete_by_other_apis_and_by_what_was_not_read() -> None:
    assert list(views.incomplete((), ())) == []
    warning_text = words(views.incomplete(OTHER_POLICIES[:1], ("namespaces could not be listed",)))
    assert warning_text.startswith("⚠️ Incomplete") and "• namespaces could not be listed" in warning_text
    assert "GlobalNetworkPolicy" in warning_text


def test_where_nothing_enforces_policies_that_is_said() -> None:
    assert list(views.unenforced(policy_cluster())) == []
    flannel = words(views.unenforced(policy_cluster(enforces=False, driver="Flannel")))
    assert "Flannel enforces no NetworkPolicy" in flannel and "/xk8s migrate prod-eu --to" in flannel
    assert "whether policies are enforced is not known" in words(views.unenforced(NO_DRIVER))


def test_the_blocks_of_a_list_are_a_table_before_the_changes() -> None:
    rendered = views.show_list(listing(policies=LISTED, changes=(recent_change(),)))
    kinds = [block["type"] for message in rendered.messages for block in message.blocks]
    assert kinds[0] == "table" and kinds[-1] == "section"
    assert all(len(message.blocks) <= kit.BLOCKS_PER_MESSAGE for message in rendered.messages)
