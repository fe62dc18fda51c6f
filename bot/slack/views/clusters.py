"""Clusters: listed and shown."""

from __future__ import annotations

from bot.actions.clusters import ClusterList
from bot.actions.verification import Verify
from bot.clusters.cluster import Cluster
from bot.services.clusters import ClusterDetails, ClusterOverview
from bot.slack import kit

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
            kit.section(f"• *{kit.escape(name)}*: {kit.escape(kit.cut(fault, 600))}") for name, fault in faults
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
