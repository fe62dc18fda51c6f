"""Clusters: listed and shown; being built, verified and deleted."""

from __future__ import annotations

from bot.actions.clusters import ClusterList, ClusterShow
from bot.actions.mistakes import COMMAND
from bot.actions.verification import Diagnose, Verify
from bot.clusters.cluster import Cluster
from bot.clusters.lifecycle.results import (
    ClusterBuilding,
    ClusterBuilt,
    ClusterCreated,
    ClusterDeleted,
    ClusterDeleting,
    ClusterVerifying,
)
from bot.clusters.service import ClusterDetails, ClusterOverview
from bot.drivers.verification.report import VerificationSummary
from bot.slack import kit
from bot.slack.views import verification

_MARKS = {"COMPLETE": "✅", "PROGRESS": "⏳", "FAILED": "❌"}
MOST_FAULTS = 10


def listed(found: ClusterOverview) -> kit.Rendered:
    """A project's clusters in a table, and what is missing from it."""
    clusters = found.listed.clusters
    headline = f"🗂 {kit.count(len(clusters), 'cluster')} in {kit.bold(found.project)}"
    blocks: list[kit.Block] = [kit.section(f"⚠️ {kit.escape(missing)}") for missing in found.listed.missing]
    rows = [
        [
            cluster.name,
            str(cluster.driver or "unknown"),
            _state(cluster),
            str(cluster.nodes if cluster.nodes is not None else "–"),
            "production" if cluster.production else "",
        ]
        for cluster in clusters
    ]
    blocks += kit.table_parts(["Cluster", "Driver", "State", "Nodes", ""], rows)
    if clusters:
        blocks.append(kit.buttons(kit.Button(label="Verify all", action=Verify())))
    return kit.Rendered(headline=headline, messages=kit.messages(f"{len(clusters)} clusters", blocks))


def _state(cluster: Cluster) -> str:
    if not cluster.from_magnum:
        return "from a kubeconfig"
    mark = next((sign for word, sign in _MARKS.items() if cluster.status.endswith(word)), "")
    return f"{mark} {cluster.status}".strip()


def shown(found: ClusterDetails) -> kit.Rendered:
    """One cluster in full; why it failed comes first."""
    cluster = found.cluster
    blocks: list[kit.Block] = []
    if cluster.status.endswith("FAILED"):
        blocks += kit.sections(f"❌ {kit.escape(cluster.status_reason or 'Magnum gives no reason')}")
        faults = list(cluster.faults.items())[:MOST_FAULTS]
        blocks += [
            kit.section(f"• *{kit.escape(name)}*: {kit.escape(kit.cut(fault, 600))}")
            for name, fault in faults
        ]
    pairs = [
        ("Driver", kit.escape(cluster.driver or "unknown")),
        ("State", kit.escape(_state(cluster))),
        ("Kubernetes", kit.escape(cluster.kubernetes or "–")),
        ("Nodes", kit.escape(cluster.nodes if cluster.nodes is not None else "–")),
        ("Control plane", kit.escape(cluster.masters if cluster.masters is not None else "–")),
        ("API", kit.escape(cluster.api_address or "–")),
        ("Production", "yes" if cluster.production else "no"),
        ("Id", kit.code(cluster.id)),
    ]
    if cluster.created:
        pairs.append(("Created", kit.moment(cluster.created)))
    if cluster.health:
        pairs.append(("Health (API and nodes only)", kit.escape(cluster.health)))
    blocks += kit.fields(pairs)
    blocks.append(
        kit.buttons(
            kit.Button(label="Verify", action=Verify(cluster=cluster.id), style="primary"),
            kit.Button(label="All clusters", action=ClusterList()),
        )
    )
    headline = f"📄 Cluster {kit.bold(cluster.name)} in {kit.bold(cluster.project)}"
    return kit.Rendered(headline=headline, messages=kit.messages(f"Cluster {cluster.name}", blocks))


def building(state: ClusterBuilding) -> kit.Message:
    """Magnum builds it."""
    size = f"{kit.count(state.nodes, 'node')}, {state.masters} of the control plane"
    head = f"🏗 Magnum builds {kit.bold(state.name)}: {size} · {kit.duration(state.seconds)} · {kit.as_of(state.at)}"
    status = f"template {kit.bold(state.template)} · {kit.code(state.status or 'accepted')}"
    return _stage(
        f"Magnum builds {state.name}", head, state.trouble, f"{status} · next: its driver is verified"
    )


def building_root(state: ClusterBuilding) -> str:
    """The root's line meanwhile."""
    return f"⏳ {kit.bold(state.name)}: Magnum builds it"


def built(state: ClusterBuilt) -> kit.Message:
    """Magnum has built it."""
    size = f"{kit.count(state.nodes, 'node')}, {state.masters} of the control plane"
    head = f"🧱 {kit.bold(state.name)} is built after {kit.duration(state.seconds)}: {size}"
    more = f"API {kit.code(state.api_address or '–')} · next: {kit.escape(state.driver)} is verified"
    return _stage(f"{state.name} is built", head, "", more)


def verifying(state: ClusterVerifying) -> kit.Message:
    """It is built; its driver is verified."""
    head = (
        f"🔎 {kit.bold(state.name)} is built, {kit.escape(state.driver)} is verified ·"
        f" {kit.duration(state.seconds)} · {kit.as_of(state.at)}"
    )
    last = verification.headline(state.report) if state.report else ""
    found = f"last look: {last}" if last else "first look"
    return _stage(f"{state.name} is built, {state.driver} is verified", head, "", found)


def deleting(state: ClusterDeleting) -> kit.Message:
    """Magnum deletes it."""
    head = f"🗑 Magnum deletes {kit.bold(state.name)} · {kit.duration(state.seconds)} · {kit.as_of(state.at)}"
    return _stage(f"Magnum deletes {state.name}", head, state.trouble, kit.code(state.status or "on its way"))


def deleting_root(state: ClusterDeleting) -> str:
    """The root's line meanwhile."""
    return f"⏳ {kit.bold(state.name)}: Magnum deletes it"


def _stage(text: str, head: str, trouble: str, more: str) -> kit.Message:
    lines = [head, f"⚠️ {kit.escape(trouble)}: I look again" if trouble else "", more]
    return kit.Message(text=text, blocks=(kit.section("\n".join(line for line in lines if line)),))


def created(found: ClusterCreated) -> kit.Rendered:
    """A cluster was created, and what its driver looks like."""
    driver = str(found.driver or "driver")
    facts = " · ".join(
        kit.escape(part)
        for part in (
            driver.capitalize(),
            f"Kubernetes {found.kubernetes}" if found.kubernetes else "",
            kit.count(found.nodes, "node"),
            f"{found.masters} of the control plane",
            f"template {found.template}",
            f"built in {kit.duration(found.build_seconds)}",
        )
        if part
    )
    shown = verification.summary(
        VerificationSummary(asked=found.driver, reports=(found.report,), missing=(), single=True)
    )
    blocks: list[kit.Block] = [kit.section(facts)]
    if not found.healthy:
        blocks.append(kit.section(verification.headline(found.report)))
    blocks += [block for message in shown.messages for block in message.blocks if block["type"] != "actions"]
    buttons = [
        kit.Button(label="Verify again", action=Verify(driver=found.driver, cluster=found.id)),
        kit.Button(label="Show cluster", action=ClusterShow(cluster=found.id)),
    ]
    if not found.healthy:
        buttons.append(kit.Button(label="Diagnose", action=Diagnose(cluster=found.id)))
    blocks.append(kit.buttons(*buttons))
    name, where = kit.bold(found.name), kit.bold(found.project)
    nodes = f"{found.report.nodes_ok} of {kit.count(found.report.nodes, 'node')}"
    headline = (
        f"✅ Cluster {name} created in {where}: {kit.escape(driver)} healthy, {nodes}"
        if found.healthy
        else f"⚠️ Cluster {name} created in {where}, but its {kit.escape(driver)} needs attention"
    )
    return kit.Rendered(
        headline=headline, messages=kit.messages(f"Cluster {found.name} created", blocks), files=shown.files
    )


def deleted(found: ClusterDeleted) -> kit.Rendered:
    """A cluster is gone."""
    name, where = kit.bold(found.name), kit.bold(found.project)
    if found.was_gone:
        headline = f"🗑 Cluster {name} was gone from {where} already; nothing was deleted"
        text = "Somebody else deleted it before this was approved and begun."
    else:
        headline = f"🗑 Cluster {name} deleted from {where}"
        text = (
            "Its servers, load balancers and network are gone. Cinder volumes of its PersistentVolumes, if it"
            " had any, are still there."
        )
    more = f"What is left: `{COMMAND} cluster list`"
    return kit.Rendered(
        headline=headline,
        messages=kit.messages(f"Cluster {found.name} deleted", [kit.section(f"{text}\n{more}")]),
    )
