"""The main job, as people do it in a channel, in Socket Mode and over HTTP."""

from __future__ import annotations

import json

from tests.e2e.conftest import Office, Seen


def within_slacks_limits(answer: Seen) -> None:
    for message in answer.messages:
        assert len(message.blocks) <= 50
        text = json.dumps(message.blocks)
        assert "Traceback" not in text and "Error(" not in text


def test_a_template_is_created_from_the_configuration_and_said_to_be_for_development(
    everywhere: Office,
) -> None:
    answer = everywhere.types("template create flannel")
    assert "✅ Template k8s-v1.29.5-flannel created in shop · asked by @U0ANA" in answer.line
    assert "For development and test: Flannel enforces no NetworkPolicy and encrypts nothing" in answer.text
    assert "cannot be changed after a cluster is deployed" in answer.text
    created = [
        template
        for template in everywhere.sandbox.cloud.templates.values()
        if template["name"] == "k8s-v1.29.5-flannel"
    ]
    assert len(created) == 1
    assert created[0]["network_driver"] == "flannel"
    assert created[0]["labels"]["flannel_network_cidr"] == "10.101.0.0/16"
    within_slacks_limits(answer)


def test_a_name_that_is_taken_is_refused_and_named(everywhere: Office) -> None:
    everywhere.types("template create calico --name taken")
    answer = everywhere.types("template create calico --name taken")
    assert "A template taken exists already" in answer.text
    assert sum(template["name"] == "taken" for template in everywhere.sandbox.cloud.templates.values()) == 1


def test_a_healthy_driver_is_counted_and_a_broken_one_named(everywhere: Office) -> None:
    healthy = everywhere.types("verify calico prod-eu")
    assert "✅ calico on prod-eu: healthy, 3 of 3 nodes" in healthy.line
    assert "3 of 3 BGP sessions Established" in healthy.text
    everywhere.fault("staging-eu", "bgp-port", True, node=1)
    broken = everywhere.types("verify calico staging-eu")
    everywhere.fault("staging-eu", "bgp-port", False, node=1)
    assert "❌ calico on staging-eu: 1 of 4 nodes needs attention" in broken.line
    assert "TCP 179 is filtered" in broken.text and "/xk8s diagnose staging-eu --node" in broken.text
    within_slacks_limits(broken)
    assert "healthy, 4 of 4 nodes" in everywhere.presses(broken, "Run again").text


def test_without_a_cluster_every_cluster_of_the_driver_is_verified(everywhere: Office) -> None:
    answer = everywhere.types("verify calico")
    assert "✅ calico: 3 of 3 clusters healthy" in answer.line
    for name in ("edge", "prod-eu", "staging-eu"):
        assert f"calico on {name}: healthy" in answer.text


def test_a_cluster_that_runs_the_other_driver_says_so(everywhere: Office) -> None:
    assert "dev-eu runs flannel, not calico" in everywhere.types("verify calico dev-eu").line
    assert "✅ flannel on dev-eu: healthy, 3 of 3 nodes" in everywhere.types("verify flannel").line


def test_a_mention_in_a_thread_is_answered_in_that_thread_by_the_same_code(everywhere: Office) -> None:
    root = everywhere.sandbox.loopback.run(
        everywhere.workspace.say("U0ANA", "C0SHOP", "shall we look at production?")
    )
    mention, answer = everywhere.says("@xk8s verify calico prod-eu", thread=root.ts)
    assert {message.thread for message in answer.messages} == {mention.thread}
    assert "calico on prod-eu: healthy, 3 of 3 nodes" in answer.text


def test_help_typos_and_refusals_are_seen_by_the_asker_only_and_make_no_root(everywhere: Office) -> None:
    for who, words, reply in (
        ("U0ANA", "help", "What you can type"),
        ("U0ANA", "template crate flannel", "Did you mean create?"),
        ("U0CY", "template create flannel", "it needs operator, you are viewer (everyone in the channel)"),
        ("U0ANA", "whoami", "you are named"),
        ("U0ANA", "watch list", "is not available yet"),
    ):
        answer = everywhere.types(words, who=who)
        assert reply in answer.text
        assert answer.root is None
        assert {message.only_for for message in answer.messages} == {who}


def test_where_the_bot_cannot_post_a_read_is_answered_privately_and_a_change_is_refused(
    everywhere: Office,
) -> None:
    listing = everywhere.types("cluster list", channel="C0RANDOM")
    assert "4 clusters in shop" in listing.text and listing.root is None
    change = everywhere.types("template create calico --name nowhere", channel="C0RANDOM")
    assert "so nothing was started" in change.text and "/invite @xk8s" in change.text
    assert not any(template["name"] == "nowhere" for template in everywhere.sandbox.cloud.templates.values())


def test_a_command_with_the_word_payload_in_it_is_answered(everywhere: Office) -> None:
    assert "There is no cluster payload-svc" in everywhere.types("cluster show payload-svc").text


def test_the_form_for_a_template_is_filled_from_the_configuration_and_creates_one(everywhere: Office) -> None:
    workspace, loopback = everywhere.workspace, everywhere.sandbox.loopback
    loopback.run(workspace.command("U0ANA", "C0SHOP", "/xk8s template create"))
    view = everywhere.until(lambda: next((v for v in workspace.views.values() if v.body.get("submit")), None))
    wrong = loopback.run(workspace.submit("U0ANA", view.id, {"driver": "calico", "pool": "10.0.0.0/99"}))
    assert wrong.answer["response_action"] == "errors" and "address range" in view.errors["pool"]
    before = len(workspace.messages)
    loopback.run(
        workspace.submit(
            "U0ANA", view.id, {"driver": "calico", "template": "from-form", "pool": "10.120.0.0/16"}
        )
    )
    answer = everywhere.sees(before)
    assert "✅ Template from-form created in shop · asked by @U0ANA" in answer.line
    assert "Recommended for production" in answer.text
    assert not workspace.views


def test_the_audit_log_has_who_what_and_what_came_of_it(everywhere: Office) -> None:
    everywhere.types("cluster show nothing-like-it", who="U0BO")
    answer = everywhere.types("audit --action cluster --actor U0BO", who="U0BO")
    assert "bo cluster show nothing-like-it" in answer.text and "🚫" in answer.text
    own = everywhere.types("audit", who="U0CY")
    assert "your event" in own.line


def test_pages_and_drivers_and_templates_can_be_looked_at(everywhere: Office) -> None:
    assert "NetworkPolicy" in everywhere.types("driver list").text
    assert "cannot be changed after a cluster is deployed" in everywhere.types("driver show flannel").text
    assert "base-calico" in everywhere.types("template list --driver calico").text
    assert "Kubernetes" in everywhere.types("template show base-calico").text
    answer = everywhere.types("cluster show prod-eu")
    assert "CREATE_COMPLETE" in answer.text and "Production" in answer.text


def test_health_and_readiness_are_told(everywhere: Office) -> None:
    assert everywhere.bot.status("/healthz") == 200
    assert everywhere.bot.status("/readyz") == 200
    assert everywhere.bot.status("/metrics") == 200
