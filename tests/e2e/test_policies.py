"""NetworkPolicies in the channel: seen before they are applied, applied, taken back, and refused with the
reason.

Everything goes through the real bot and real API servers; what a test puts into a cluster beside it is what
somebody else does there.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from sandbox.slack.model import Message
from tests.e2e import shop
from tests.e2e.conftest import Office, Seen
from tests.e2e.conftest import office as open_office

STAGING, PRODUCTION, FLANNEL = "staging-eu", "prod-eu", "dev-eu"
BACKTICKS = "```"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office with a shop in each cluster."""
    with open_office(tmp_path_factory.mktemp("bot"), "socket") as running_office:
        shop.deploy(running_office, STAGING, PRODUCTION, FLANNEL)
        yield running_office


@pytest.fixture
def office(busy: Office) -> Iterator[Office]:
    """Whatever policies a test left are gone after it."""
    yield busy
    for name in (STAGING, PRODUCTION, FLANNEL):
        store = busy.sandbox.cluster_faults[name].cluster.store
        for policy in list(store.all_of(store.registry.named("NetworkPolicy", "networking.k8s.io"))):
            shop.remove(busy, name, policy["metadata"]["namespace"], policy["metadata"]["name"])


def files(office: Office, answer: Seen) -> dict[str, bytes]:
    """The files that came with an answer, by name."""
    attached = [file for message in answer.messages for file in message.files]
    return {file["name"]: office.workspace.files[file["id"]].content for file in attached}


def file_after(office: Office, answer: Seen, name: str) -> bytes:
    """A file of an answer: it follows the message that ends it."""

    def file_content() -> bytes | None:
        later = [message for message in office.workspace.messages if message.ts > answer.messages[0].ts]
        return files(office, Seen(None, later)).get(name)

    return bytes(office.until(file_content))


def outcomes(office: Office, answer: Seen) -> list[tuple[str, str]]:
    """Action and outcome of an answer's request in the audit log."""
    reference = answer.text.rsplit("ref ", 1)[1].split(" ")[0]
    with contextlib.closing(sqlite3.connect(office.bot.folder / "xk8s.sqlite3")) as database:
        question = "SELECT action, outcome FROM audit_events WHERE reference = ? AND phase = 'outcome'"
        return [tuple(row) for row in database.execute(question, (reference,))]


def change_of(answer: Seen) -> str:
    return answer.text.split("policy rollback ")[1].split(" ")[0]


# --- before it is applied


def test_a_preview_says_what_closes_and_brings_the_picture_and_writes_nothing(office: Office) -> None:
    preview = office.types(
        f"policy preview allow-from-namespace {STAGING} -n shop --from-namespace web --port TCP/7070"
    )
    assert (
        f"🔎 allow-from-namespace-web on {STAGING} / shop: closes" in preview.line
        and "opens none" in preview.line
    )
    assert "🔴 closes outside → cart all ports · to 2 pods" in preview.text
    assert "🔴 closes billing/ledger → cart all ports · 1 → 2 pods" in preview.text
    closing_line = "🔴 closes web/frontend → cart all ports but TCP 7070 · 3 → 2 pods"
    assert closing_line in preview.text
    assert "🔒 newly isolated: 3 pods (ingress)" in preview.text
    assert file_after(office, preview, f"allow-from-namespace-web-{STAGING}.png").startswith(b"\x89PNG")
    manifest = yaml.safe_load(file_after(office, preview, "allow-from-namespace-web.yaml"))
    assert manifest["spec"]["ingress"][0]["ports"] == [{"port": 7070, "protocol": "TCP"}]
    assert {"Apply", "Cancel"} <= set(preview.buttons())
    assert shop.policy_in(office, STAGING, "shop", "allow-from-namespace-web") is None
    assert outcomes(office, preview) == [("policy.preview", "succeeded")]


def test_pods_that_lose_dns_are_named_and_one_button_leaves_it_to_them(office: Office) -> None:
    preview = office.types(f"policy preview default-deny-egress {STAGING} -n shop")
    assert "⚠️ 3 pods lose DNS (UDP and TCP 53 to kube-system): shop/cart-" in preview.text
    file_after(office, preview, "default-deny-egress.yaml")
    again = office.presses(preview, "Add allow-dns and preview again")
    assert "lose DNS" not in again.text and "closes" in again.text
    assert "Add allow-dns and preview again" not in again.buttons()
    written = yaml.safe_load(file_after(office, again, "default-deny-egress.yaml"))
    assert written["spec"]["egress"][0]["ports"] == [
        {"port": 53, "protocol": "UDP"},
        {"port": 53, "protocol": "TCP"},
    ]


def test_a_policy_that_changes_nothing_says_so(office: Office) -> None:
    shop.put(office, STAGING, shop.policy("shop", "closed", policyTypes=["Ingress"]))
    preview = office.types(f"policy preview default-deny-ingress {STAGING} -n shop")
    assert "changes nothing" in preview.line and "No connection opens or closes" in preview.text
    assert "shop/default-deny-ingress has no effect" in preview.text
    assert not any(name.endswith(".png") for name in files(office, preview))


def test_cancel_takes_the_buttons_away_and_does_nothing(office: Office) -> None:
    preview = office.types(f"policy preview deny-all {STAGING} -n shop")
    message, element = preview.buttons()["Cancel"]
    office.sandbox.loopback.run(
        office.workspace.click("U0ANA", message.channel, message.ts, element["action_id"])
    )
    office.until(lambda: "cancelled by" in json.dumps(message.blocks))
    assert not Seen(None, [message]).buttons()
    assert shop.policy_in(office, STAGING, "shop", "deny-all") is None


def test_policies_of_other_apis_make_the_verdict_incomplete_and_are_named_first(office: Office) -> None:
    cluster = office.sandbox.cluster_faults[STAGING].cluster

    async def install() -> None:
        cluster.deploy([CALICO_DEFINITION, GLOBAL_POLICY])

    async def uninstall() -> None:
        kind = cluster.store.registry.named("GlobalNetworkPolicy")
        cluster.store.delete(kind, None, "deny-egress-to-metadata")

    office.sandbox.loopback.run(install())
    try:
        preview = office.types(f"policy preview deny-all {STAGING} -n shop")
        reach = office.types(f"policy reach {STAGING} --from web/frontend --to shop/cart --port TCP/7070")
    finally:
        office.sandbox.loopback.run(uninstall())
    global_policy = "GlobalNetworkPolicy deny-egress-to-metadata (crd.projectcalico.org)"
    assert "⚠️ Incomplete" in preview.text and global_policy in preview.text
    assert preview.text.index(global_policy) < preview.text.index("🔴 closes")
    assert global_policy in reach.text


def test_a_policy_that_gitops_keeps_is_said_to_be_undone(office: Office) -> None:
    manifest = shop.policy("shop", "default-deny-ingress")
    manifest["metadata"]["annotations"] = {
        "argocd.argoproj.io/tracking-id": "shop-app:networking.k8s.io/NetworkPolicy:shop/x"
    }
    shop.put(office, STAGING, manifest, manager="argocd-controller")
    preview = office.types(f"policy preview default-deny-ingress {STAGING} -n shop")
    assert (
        "Argo CD owns this policy (shop-app): a change made here will be undone, make it in Git"
        in preview.text
    )


# --- applied and taken back


def test_a_policy_is_applied_compared_with_its_preview_and_rolled_back(office: Office) -> None:
    preview = office.types(f"policy preview default-deny-ingress {STAGING} -n shop")
    applied = office.presses(preview, "Apply")
    assert f"✅ default-deny-ingress applied on {STAGING} / shop: closes" in applied.text
    assert "Accepted by the API; enforcement not measured" in applied.text
    assert "✅ Read again and computed: exactly what was previewed." in applied.text
    assert outcomes(office, applied) == [("policy.apply", "succeeded")]
    policy = shop.policy_in(office, STAGING, "shop", "default-deny-ingress")
    assert policy is not None and policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    assert [entry["manager"] for entry in policy["metadata"]["managedFields"]] == ["xk8s"]
    agents = office.sandbox.cluster_faults[STAGING].cluster.api.agents
    assert any("(operation " in agent for agent in agents[-3:])

    again = office.types(f"policy apply default-deny-ingress {STAGING} -n shop")
    assert "is there already, word for word; nothing was written" in again.line

    listed = office.types(f"policy list {STAGING}")
    assert "1 policy in" in listed.line and "applied by @U0ANA" in listed.text

    back = office.presses(applied, "Roll back")
    assert f"rolled back on {STAGING} / shop: opens" in back.text and "closes none" in back.text
    assert shop.policy_in(office, STAGING, "shop", "default-deny-ingress") is None
    twice = office.types(f"policy rollback {change_of(applied)}")
    assert "was taken back already" in twice.text and outcomes(office, twice) == [
        ("policy.rollback", "refused")
    ]

    forth = office.types(f"policy rollback {change_of(back)}")
    assert "closes" in forth.line
    assert shop.policy_in(office, STAGING, "shop", "default-deny-ingress")["spec"] == policy["spec"]  # type: ignore[index]


def test_what_somebody_elses_tool_owns_is_a_conflict_until_it_is_taken_over_and_comes_back_exactly(
    office: Office,
) -> None:
    own = shop.policy(
        "shop",
        "default-deny-ingress",
        ingress=[{"from": [{"podSelector": {}}]}],
        policyTypes=["Ingress", "Egress"],
    )
    own["metadata"]["labels"] = {"team": "shop"}
    shop.put(office, STAGING, own)
    refused = office.types(f"policy apply default-deny-ingress {STAGING} -n shop")
    assert "kubectl-client-side-apply owns .spec.policyTypes" in refused.text
    assert "--force-conflicts" in refused.text and outcomes(office, refused) == [("policy.apply", "refused")]
    preview = office.types(f"policy preview default-deny-ingress {STAGING} -n shop")
    assert "Other field managers own what would be written" in preview.text

    taken_over = office.presses(preview, "Take over and apply")
    assert outcomes(office, taken_over) == [("policy.apply", "succeeded")]
    now = shop.policy_in(office, STAGING, "shop", "default-deny-ingress")
    assert now is not None and now["spec"]["policyTypes"] == ["Ingress"]
    assert now["metadata"]["labels"] == {"team": "shop", "app.kubernetes.io/managed-by": "xk8s"}
    office.types(f"policy rollback {change_of(taken_over)}")
    back = shop.policy_in(office, STAGING, "shop", "default-deny-ingress")
    assert back is not None and back["spec"] == own["spec"] and back["metadata"]["labels"] == {"team": "shop"}


def test_a_roll_back_is_refused_when_somebody_changed_it_since_and_says_what(office: Office) -> None:
    applied = office.types(f"policy apply default-deny-ingress {STAGING} -n shop")
    changed = shop.policy_in(office, STAGING, "shop", "default-deny-ingress")
    assert changed is not None
    shop.put(
        office,
        STAGING,
        {**changed, "spec": {**changed["spec"], "policyTypes": ["Ingress", "Egress"]}},
        manager="kubectl-edit",
    )
    refused = office.types(f"policy rollback {change_of(applied)}")
    assert "so it is not restored" in refused.text
    assert "spec.policyTypes" in refused.text and "last written by kubectl-edit at" in refused.text
    assert outcomes(office, refused) == [("policy.rollback", "refused")]
    shop.remove(office, STAGING, "shop", "default-deny-ingress")
    assert "it was deleted since" in office.types(f"policy rollback {change_of(applied)}").text
    shop.put(office, STAGING, shop.policy("shop", "default-deny-ingress"))
    assert "it was deleted and made again" in office.types(f"policy rollback {change_of(applied)}").text


def test_a_policy_is_shown_deleted_and_brought_back(office: Office) -> None:
    own = shop.policy(
        "shop", "allow-web", ingress=[{"from": [{"namespaceSelector": {}}]}], policyTypes=["Ingress"]
    )
    shop.put(office, STAGING, own)
    answer = office.types(f"policy show allow-web {STAGING} -n shop")
    assert yaml.safe_load(file_after(office, answer, "allow-web.yaml")) == own
    assert "isolates 3 pods" in answer.text and "kubectl-client-side-apply" in answer.text
    assert "Did you mean allow-web?" in office.types(f"policy show alow-web {STAGING} -n shop").text
    deleted = office.presses(answer, "Delete")
    assert f"🗑 allow-web deleted from {STAGING} / shop: opens" in deleted.text
    assert shop.policy_in(office, STAGING, "shop", "allow-web") is None
    office.types(f"policy rollback {change_of(deleted)}")
    back = shop.policy_in(office, STAGING, "shop", "allow-web")
    assert back is not None and back["spec"] == own["spec"]


def test_what_differs_from_the_preview_after_the_write_is_named(office: Office) -> None:
    cluster = office.sandbox.cluster_faults[STAGING].cluster
    serve = cluster.api.serve

    async def beside(request: Any, target: Any, verb: str) -> Any:
        applied = verb == "patch" and not request.query_params.get("dryRun")
        if applied:  # in the very moment of the write somebody else writes too
            kind = cluster.store.registry.named("NetworkPolicy", "networking.k8s.io")
            cluster.store.create(
                kind,
                shop.policy(
                    "shop",
                    "from-web",
                    policyTypes=["Ingress"],
                    ingress=[{"from": [{"namespaceSelector": {}}]}],
                ),
            )
        return await serve(request, target, verb)

    cluster.api.serve = beside
    try:
        answer = office.types(f"policy apply default-deny-ingress {STAGING} -n shop")
    finally:
        cluster.api.serve = serve
    assert "⚠️ Not as previewed" in answer.text and "the policy shop/from-web was made" in answer.text
    assert "🟢 opens web/frontend → cart all ports" in answer.text


# --- where it is refused


def test_on_flannel_it_is_refused_with_the_reason_and_the_way_out(office: Office) -> None:
    answer = office.types(f"policy apply deny-all {FLANNEL} -n shop")
    assert "dev-eu runs Flannel, so no policy is applied there" in answer.text
    assert "/xk8s migrate dev-eu --to calico" in answer.text
    assert shop.policy_in(office, FLANNEL, "shop", "deny-all") is None
    assert outcomes(office, answer) == [("policy.apply", "refused")]
    preview = office.types(f"policy preview deny-all {FLANNEL} -n shop")
    assert "Flannel enforces no NetworkPolicy" in preview.text and "Apply" not in preview.buttons()


def test_on_production_somebody_else_decides_and_then_it_is_done(office: Office) -> None:
    request = office.types(f"policy apply default-deny-ingress {PRODUCTION} -n shop")
    assert "🔐 Apply the policy default-deny-ingress in shop of prod-eu: closes" in request.text
    assert "closes outside → shop/cart[Deployment]" in request.text
    assert shop.policy_in(office, PRODUCTION, "shop", "default-deny-ingress") is None
    message, element = request.buttons()["Approve"]
    before = len(office.workspace.messages)
    office.sandbox.loopback.run(
        office.workspace.click("U0BO", message.channel, message.ts, element["action_id"])
    )
    office.until(
        lambda: any("applied on prod-eu" in text_of(reply) for reply in office.workspace.messages[before:])
    )
    assert shop.policy_in(office, PRODUCTION, "shop", "default-deny-ingress") is not None


def test_an_approval_is_void_when_what_is_written_over_has_changed(office: Office) -> None:
    request = office.types(f"policy apply default-deny-ingress {PRODUCTION} -n shop")
    shop.put(
        office, PRODUCTION, shop.policy("shop", "from-web", ingress=[{"from": [{"namespaceSelector": {}}]}])
    )
    message, element = request.buttons()["Approve"]
    before = len(office.workspace.messages)
    office.sandbox.loopback.run(
        office.workspace.click("U0BO", message.channel, message.ts, element["action_id"])
    )
    office.until(
        lambda: any("void" in text_of(reply) for reply in [message, *office.workspace.messages[before:]])
    )
    assert shop.policy_in(office, PRODUCTION, "shop", "default-deny-ingress") is None


def test_a_namespace_that_is_being_deleted_is_told_in_the_servers_words(office: Office) -> None:
    cluster = office.sandbox.cluster_faults[STAGING].cluster

    async def leave() -> None:
        config_map = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "held", "namespace": "leaving", "finalizers": ["x/y"]},
        }
        cluster.deploy(
            [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "leaving"}}, config_map]
        )
        cluster.store.delete(cluster.store.registry.named("Namespace"), None, "leaving")

    office.sandbox.loopback.run(leave())
    answer = office.types(f"policy apply deny-all {STAGING} -n leaving")
    assert "unable to create new content in namespace leaving because it is being terminated" in answer.text
    assert outcomes(office, answer) == [("policy.apply", "failed")]
    missing = office.types(f"policy apply deny-all {STAGING} -n shp")
    assert "There is no namespace shp" in missing.text and "Did you mean -n shop?" in missing.text


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("policy apply deny-al staging-eu -n shop", "Did you mean deny-all?"),
        ("policy apply deny-all staging-eu -n shop --port TCP/80", "deny-all does not take --port"),
        (
            "policy apply allow-from-namespace staging-eu -n shop",
            "allow-from-namespace needs --from-namespace",
        ),
        ("policy rollback zzzz", "There is no change zzzz in shop"),
        ("policy preview deny-all staging-eu -n shop -n web", "--namespace is given twice"),
        ("policy apply deny-all staging-eu -n nowhere", "There is no namespace nowhere in staging-eu"),
        ("policy preview allow-same-namespace staging-eu -n shop --port TCP/90-80", "runs backwards"),
        ("policy reach staging-eu --from shop/cart", "Both ends are needed"),
        ("policy reach staging-eu --from shop/crt --to shop/redis", "Did you mean shop/cart?"),
        ("policy reach staging-eu --from shop/cart --to shop/redis --port TCP/80-90", "One port at a time"),
        ("policy delete nothing staging-eu -n shop", "There is no policy nothing in shop"),
    ],
)
def test_what_cannot_be_done_says_why(office: Office, words: str, reason: str) -> None:
    assert reason in office.types(words).text


# --- a policy of one's own

OWN = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: only-frontend}
spec:
  podSelector: {matchLabels: {app: cart}}
  ingress:
    - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: web}}}]
      ports: [{port: main}]
"""
MANY = f"{OWN}---\n{OWN}"
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))


def test_a_code_block_in_a_mention_is_previewed_and_applied(office: Office) -> None:
    _, preview = office.says(f"@xk8s policy preview --yaml {STAGING} -n shop\n{BACKTICKS}\n{OWN}{BACKTICKS}")
    assert "only-frontend on staging-eu / shop" in preview.text
    assert "🔴 closes web/frontend → cart all ports but TCP 7070" in preview.text
    applied = office.presses(preview, "Apply")
    assert "only-frontend applied on" in applied.text
    assert shop.policy_in(office, STAGING, "shop", "only-frontend") is not None


def test_a_form_takes_yaml_or_a_file_and_tells_what_is_wrong_beside_the_field(office: Office) -> None:
    workspace, loopback = office.workspace, office.sandbox.loopback
    loopback.run(workspace.command("U0ANA", "C0SHOP", f"/xk8s policy preview --yaml {STAGING} -n shop"))
    view = office.until(lambda: next((v for v in workspace.views.values() if v.body.get("submit")), None))
    for values, wrong in (
        ({"manifest": "kind: Deployment\napiVersion: apps/v1"}, "This is a Deployment, not a NetworkPolicy"),
        ({}, "Paste the YAML or pick a file."),
    ):
        answer = loopback.run(workspace.submit("U0ANA", view.id, values))
        assert answer.answer["response_action"] == "errors" and wrong in view.errors["manifest"]
    file = workspace.attach("U0ANA", "only-frontend.yaml", OWN.encode())
    before = len(workspace.messages)
    loopback.run(workspace.submit("U0ANA", view.id, {"file": [file.id]}))
    preview = office.sees(before)
    assert "🔎 only-frontend on staging-eu / shop" in preview.line and not workspace.views


def test_a_file_in_a_message_is_read(office: Office) -> None:
    file = office.workspace.attach("U0ANA", "policy.yaml", OWN.encode())
    preview = sends(office, f"@xk8s policy preview --yaml {STAGING} -n shop", file)
    assert "🔎 only-frontend on staging-eu / shop" in preview.text


def test_without_yaml_a_mention_gets_a_button_for_the_form(office: Office) -> None:
    _, answer = office.says(f"@xk8s policy preview --yaml {STAGING} -n shop")
    assert "Open the form" in answer.buttons() and "code block" in answer.text


def test_a_policy_that_says_nothing_and_pods_on_the_host_network_are_told_apart(office: Office) -> None:
    empty = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec:\n"
    _, answer = office.says(f"@xk8s policy apply --yaml {STAGING} -n shop\n{BACKTICKS}\n{empty}{BACKTICKS}")
    assert "p applied on" in answer.text and "newly isolated: 3 pods (ingress)" in answer.text
    hosts = f"{empty[:-1]} {{podSelector: {{matchLabels: {{k8s-app: calico-node}}}}}}\n"
    _, answer = office.says(
        f"@xk8s policy preview --yaml {STAGING} -n kube-system\n{BACKTICKS}\n{hosts}{BACKTICKS}"
    )
    assert "changes nothing" in answer.text and "on the host network (kube-system/calico-node-" in answer.text


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (BOMB, "written out, it is too large"),
        (MANY, "There are 2 documents in this YAML"),
        (
            OWN.replace("networking.k8s.io/v1", "apps/v1").replace("NetworkPolicy", "Deployment"),
            "This is a Deployment",
        ),
        (
            OWN.replace("name: only-frontend", "name: only-frontend, namespace: billing"),
            "The policy is for the namespace billing",
        ),
        (OWN.replace("only-frontend", "x" * 254), "metadata.name"),
        (OWN.replace("ports:", "prots:"), "did you mean ports?"),
        (OWN.replace("name: only-frontend", "name: größe"), "metadata.name: 'größe' is not a DNS subdomain"),
        (OWN.replace("name: only-frontend", "labels: {a: b}"), "metadata.name: is required"),
        (
            OWN.replace("{app: cart}", "{app: 🛒}"),
            "spec.podSelector.matchLabels.app: '🛒' is not a label value",
        ),
        (OWN.replace("port: main", "port: 80.5"), "must be a whole number or the name of a port, not 80.5"),
        (OWN.replace("port: main", "port: 70000"), "spec.ingress[0].ports[0].port"),
        (
            OWN.replace(
                "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: web}}",
                "ipBlock: {cidr: 10.0.0.0/33}",
            ),
            "spec.ingress[0].from[0].ipBlock.cidr",
        ),
    ],
    ids=[
        "bomb",
        "documents",
        "kind",
        "namespace",
        "name",
        "field",
        "unicode-name",
        "no-name",
        "emoji",
        "half-a-port",
        "port",
        "cidr",
    ],
)
def test_bad_yaml_is_refused_with_the_reason_and_nothing_is_applied(
    office: Office, text: str, wrong: str
) -> None:
    store = office.sandbox.cluster_faults[STAGING].cluster.store
    version = store.resource_version
    _, answer = office.says(f"@xk8s policy apply --yaml {STAGING} -n shop\n{BACKTICKS}\n{text}{BACKTICKS}")
    assert wrong in answer.text
    assert outcomes(office, answer) == [("policy.apply", "refused")]
    assert store.resource_version == version


def test_ten_megabytes_are_refused_by_their_size_and_never_read(office: Office) -> None:
    file = office.workspace.attach("U0ANA", "huge.yaml", b"a: b\n" * 2_000_000)
    answer = sends(office, f"@xk8s policy apply --yaml {STAGING} -n shop", file)
    assert "That is too large for a policy" in answer.text and "10,000,000 bytes" in answer.text


def test_a_secret_that_was_sent_by_mistake_is_in_no_audit_event(office: Office) -> None:
    secret = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {password: hunter2-in-the-clear}\n"
    )
    _, answer = office.says(f"@xk8s policy apply --yaml {STAGING} -n shop\n{BACKTICKS}\n{secret}{BACKTICKS}")
    assert "This is a Secret, not a NetworkPolicy" in answer.text
    with contextlib.closing(sqlite3.connect(office.bot.folder / "xk8s.sqlite3")) as database:
        events = database.execute("SELECT arguments, detail FROM audit_events").fetchall()
    assert "hunter2" not in str(events) and "hunter2" not in (office.bot.folder / "bot.log").read_text()


# --- reachability


def test_whether_one_reaches_the_other_is_told_with_the_rules(office: Office) -> None:
    office.types(f"policy apply allow-from-namespace {STAGING} -n shop --from-namespace web --port TCP/7070")
    yes = office.types(f"policy reach {STAGING} --from web/frontend --to shop/cart --port TCP/7070")
    assert "✅ web/frontend → shop/cart TCP/7070: allowed" in yes.line
    assert (
        "arriving: isolated by shop/allow-from-namespace-web; allowed by shop/allow-from-namespace-web"
        " spec.ingress[0]" in yes.text
    )
    assert "leaving: open, no policy isolates it" in yes.text
    no = office.types(f"policy reach {STAGING} --from billing/ledger --to shop/cart --port TCP/7070")
    assert "🚫 billing/ledger → shop/cart TCP/7070: not allowed" in no.line and "no rule allows it" in no.text
    outside = office.types(f"policy reach {STAGING} --from 192.0.2.7 --to web/frontend")
    assert "All Connections" in outside.text
    assert "TCP 7070" in office.presses(yes, "All ports").text


def test_what_everybody_reaches_is_a_list_to_work_off(office: Office) -> None:
    answer = office.types(f"policy reach {STAGING}")
    assert "workloads open to the outside" in answer.text and "shop/cart[Deployment]" in answer.text
    listed = file_after(office, answer, f"exposure-{STAGING}.md").decode()
    assert "- [ ] shop/cart[Deployment]: All Connections" in listed and "## On the host network" in listed


def test_a_terminal_previews_a_file_and_saves_what_came_with_it(office: Office) -> None:
    folder = office.bot.folder / "saved"
    (office.bot.folder / "own.yaml").write_text(OWN)
    ran = office.bot.run(
        "run",
        f"policy preview --yaml {STAGING} -n shop",
        "--file",
        str(office.bot.folder / "own.yaml"),
        "--save",
        str(folder),
    )
    assert ran.returncode == 0 and "only-frontend on staging-eu / shop: closes" in ran.stdout, ran.stderr
    assert (folder / f"only-frontend-{STAGING}.png").read_bytes().startswith(b"\x89PNG")
    output = json.loads(office.bot.run("run", f"policy preview deny-all {STAGING} -n shop", "--json").stdout)
    assert output["result"]["preview"]["changes"][0]["closes"] == "All Connections"
    bare = office.bot.run("run", f"policy preview --yaml {STAGING} -n shop")
    assert bare.returncode == 2 and "--file" in bare.stdout


def text_of(message: Message) -> str:
    return Seen(None, [message]).text


def sends(office: Office, text: str, file: Any) -> Seen:
    """Ana writes a message with a file."""
    before = len(office.workspace.messages)
    office.sandbox.loopback.run(office.workspace.say("U0ANA", "C0SHOP", text, files=[file]))
    return office.sees(before + 1)


CALICO_DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "globalnetworkpolicies.crd.projectcalico.org"},
    "spec": {
        "group": "crd.projectcalico.org",
        "scope": "Cluster",
        "names": {
            "kind": "GlobalNetworkPolicy",
            "plural": "globalnetworkpolicies",
            "singular": "globalnetworkpolicy",
            "listKind": "GlobalNetworkPolicyList",
        },
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                },
            }
        ],
    },
}
GLOBAL_POLICY = {
    "apiVersion": "crd.projectcalico.org/v1",
    "kind": "GlobalNetworkPolicy",
    "metadata": {"name": "deny-egress-to-metadata"},
    "spec": {
        "order": 10,
        "selector": "all()",
        "types": ["Egress"],
        "egress": [{"action": "Deny", "destination": {"nets": ["169.254.169.254/32"]}}],
    },
}
