"""The views of clusters: listed, shown, and on their way through creation and deletion."""

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
from bot.slack.views.registry import root_line, shows, shows_state

STATUS_MARKS = {"COMPLETE": "✅", "PROGRESS": "⏳", "FAILED": "❌"}  # by the end of Magnum's status
MOST_FAULTS = 10


@shows(ClusterOverview)
def show_list(overview: ClusterOverview) -> kit.Rendered:
    """A project's clusters in a table, below what could not be listed."""
    clusters = overview.listed.clusters
    headline = f"🗂 {kit.count(len(clusters), 'cluster')} in {kit.bold(overview.project)}"
    blocks: list[kit.Block] = [kit.section(f"⚠️ {kit.escape(gap)}") for gap in overview.listed.missing]
    rows = [
        [
            cluster.name,
            str(cluster.driver or "unknown"),
            _status(cluster),
            str(cluster.nodes if cluster.nodes is not None else "–"),
            "production" if cluster.production else "",
        ]
        for cluster in clusters
    ]
    blocks += kit.table_parts(["Cluster", "Driver", "State", "Nodes", ""], rows)
    if clusters:
        blocks.append(kit.buttons(kit.Button(label="Verify all", action=Verify())))
    return kit.Rendered(headline=headline, messages=kit.messages(f"{len(clusters)} clusters", blocks))


def _status(cluster: Cluster) -> str:
    if not cluster.from_magnum:
        return "from a kubeconfig"
    mark = next((mark for ending, mark in STATUS_MARKS.items() if cluster.status.endswith(ending)), "")
    return f"{mark} {cluster.status}".strip()


@shows(ClusterDetails)
def show_details(details: ClusterDetails) -> kit.Rendered:
    """One cluster in full, below the reason of its failure if it has failed."""
    cluster = details.cluster
    blocks = [*_failure(cluster), *kit.fields(_facts(cluster))]
    verify = kit.Button(label="Verify", action=Verify(cluster=cluster.id), style="primary")
    blocks.append(kit.buttons(verify, kit.Button(label="All clusters", action=ClusterList())))
    headline = f"📄 Cluster {kit.bold(cluster.name)} in {kit.bold(cluster.project)}"
    return kit.Rendered(headline=headline, messages=kit.messages(f"Cluster {cluster.name}", blocks))


def _failure(cluster: Cluster) -> list[kit.Block]:
    if not cluster.status.endswith("FAILED"):
        return []
    return [
        *kit.sections(f"❌ {kit.escape(cluster.status_reason or 'Magnum gives no reason')}"),
        *(
            kit.section(f"• *{kit.escape(name)}*: {kit.escape(kit.cut(fault, 600))}")
            for name, fault in list(cluster.faults.items())[:MOST_FAULTS]
        ),
    ]


def _facts(cluster: Cluster) -> list[tuple[str, str]]:
    pairs = [
        ("Driver", kit.escape(cluster.driver or "unknown")),
        ("State", kit.escape(_status(cluster))),
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
    return pairs


@shows_state(ClusterBuilding)
def show_building(state: ClusterBuilding) -> kit.Message:
    """Magnum is building the cluster."""
    head = f"🏗 Magnum builds {kit.bold(state.name)}: {_size(state)} · {_age(state)}"
    status = f"template {kit.bold(state.template)} · {kit.code(state.status or 'accepted')}"
    return _stage(
        f"Magnum builds {state.name}", head, f"{status} · next: its driver is verified", state.trouble
    )


@root_line(ClusterBuilding)
def building_line(state: ClusterBuilding) -> str:
    """The root's line while Magnum is building the cluster."""
    return f"⏳ {kit.bold(state.name)}: Magnum builds it"


@shows_state(ClusterBuilt)
def show_built(state: ClusterBuilt) -> kit.Message:
    """Magnum has built the cluster, and its driver is verified next."""
    head = f"🧱 {kit.bold(state.name)} is built after {kit.duration(state.seconds)}: {_size(state)}"
    api = f"API {kit.code(state.api_address or '–')} · next: {kit.escape(state.driver)} is verified"
    return _stage(f"{state.name} is built", head, api)


@shows_state(ClusterVerifying)
def show_verifying(state: ClusterVerifying) -> kit.Message:
    """The driver of a new cluster is being verified; the last verdict stands below."""
    head = f"🔎 {kit.bold(state.name)} is built, {kit.escape(state.driver)} is verified · {_age(state)}"
    verdict = f"last look: {verification.headline(state.report)}" if state.report else "first look"
    return _stage(f"{state.name} is built, {state.driver} is verified", head, verdict)


@shows_state(ClusterDeleting)
def show_deleting(state: ClusterDeleting) -> kit.Message:
    """Magnum is deleting the cluster."""
    head = f"🗑 Magnum deletes {kit.bold(state.name)} · {_age(state)}"
    return _stage(f"Magnum deletes {state.name}", head, kit.code(state.status or "on its way"), state.trouble)


@root_line(ClusterDeleting)
def deleting_line(state: ClusterDeleting) -> str:
    """The root's line while Magnum is deleting the cluster."""
    return f"⏳ {kit.bold(state.name)}: Magnum deletes it"


def _size(state: ClusterBuilding | ClusterBuilt) -> str:
    return f"{kit.count(state.nodes, 'node')}, {state.masters} of the control plane"


def _age(state: ClusterBuilding | ClusterVerifying | ClusterDeleting) -> str:
    return f"{kit.duration(state.seconds)} · {kit.as_of(state.at)}"


def _stage(text: str, head: str, detail: str, trouble: str = "") -> kit.Message:
    lines = [head, f"⚠️ {kit.escape(trouble)}: I look again" if trouble else "", detail]
    return kit.Message(text=text, blocks=(kit.section("\n".join(line for line in lines if line)),))


@shows(ClusterCreated)
def show_created(created: ClusterCreated) -> kit.Rendered:
    """A cluster was created, with the verification of its driver."""
    report = verification.show_summary(
        VerificationSummary(asked=created.driver, reports=(created.report,), missing=(), single=True)
    )
    blocks: list[kit.Block] = [kit.section(_built_from(created))]
    if not created.healthy:
        blocks.append(kit.section(verification.headline(created.report)))
    blocks += [block for message in report.messages for block in message.blocks if block["type"] != "actions"]
    buttons = [
        kit.Button(label="Verify again", action=Verify(driver=created.driver, cluster=created.id)),
        kit.Button(label="Show cluster", action=ClusterShow(cluster=created.id)),
    ]
    if not created.healthy:
        buttons.append(kit.Button(label="Diagnose", action=Diagnose(cluster=created.id)))
    blocks.append(kit.buttons(*buttons))
    where = f"Cluster {kit.bold(created.name)} created in {kit.bold(created.project)}"
    driver = kit.escape(created.driver or "driver")
    nodes = f"{created.report.nodes_ok} of {kit.count(created.report.nodes, 'node')}"
    return kit.Rendered(
        headline=(
            f"✅ {where}: {driver} healthy, {nodes}"
            if created.healthy
            else f"⚠️ {where}, but its {driver} needs attention"
        ),
        messages=kit.messages(f"Cluster {created.name} created", blocks),
        files=report.files,
    )


def _built_from(created: ClusterCreated) -> str:
    parts = (
        str(created.driver or "driver").capitalize(),
        f"Kubernetes {created.kubernetes}" if created.kubernetes else "",
        kit.count(created.nodes, "node"),
        f"{created.masters} of the control plane",
        f"template {created.template}",
        f"built in {kit.duration(created.build_seconds)}",
    )
    return " · ".join(kit.escape(part) for part in parts if part)


@shows(ClusterDeleted)
def show_deleted(deleted: ClusterDeleted) -> kit.Rendered:
    """A cluster is gone, by this deletion or by an earlier one."""
    name, project = kit.bold(deleted.name), kit.bold(deleted.project)
    if deleted.was_gone:
        headline = f"🗑 Cluster {name} was gone from {project} already; nothing was deleted"
        text = "Somebody else deleted it before this was approved and begun."
    else:
        headline = f"🗑 Cluster {name} deleted from {project}"
        text = (
            "Its servers, load balancers and network are gone. Cinder volumes of its PersistentVolumes, if it"
            " had any, are still there."
        )
    remaining = f"What is left: `{COMMAND} cluster list`"
    return kit.Rendered(
        headline=headline,
        messages=kit.messages(f"Cluster {deleted.name} deleted", [kit.section(f"{text}\n{remaining}")]),
    )
