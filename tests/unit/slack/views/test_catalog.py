"""Every result has a view, and whatever it is, its messages stay within Slack's limits as the sandbox
checks them.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.access.authorisation import AccessSummary
from bot.access.roles import Role
from bot.actions.audit import AuditList
from bot.actions.help_pages import help_page
from bot.actions.request import Entry, IncomingRequest, OfferId, OperationId, Person, Place
from bot.actions.service import Outcome
from bot.audit.chain import AnchorCheck, Break, ChainReport
from bot.audit.log import AuditPage
from bot.audit.service import AuditShown, AuditVerified
from bot.clusters.cluster import Cluster, Listed
from bot.clusters.driver_catalog import DriverComparison
from bot.clusters.lifecycle.results import (
    ClusterBuilding,
    ClusterBuilt,
    ClusterCreated,
    ClusterDeleted,
    ClusterDeleting,
    ClusterVerifying,
)
from bot.clusters.service import ClusterDetails, ClusterOverview
from bot.clusters.templates.results import (
    Template,
    TemplateChange,
    TemplateChanged,
    TemplateCreated,
    TemplateDetails,
    TemplateForm,
    TemplateListing,
    TemplatePlanned,
)
from bot.clusters.templates.spec import Defaults, TemplateSpec
from bot.common.problems import Ambiguous, Choice, Problem, Refusal
from bot.drivers.catalog import profile, profiles
from bot.drivers.driver import Driver
from bot.drivers.facts import Finding, NotChecked, Session, Severity
from bot.drivers.verification.report import (
    PodRow,
    Verdict,
    VerificationProgress,
    VerificationReport,
    VerificationSummary,
)
from bot.requests.answer import Conclusion
from bot.slack import kit, plain_text
from bot.slack.delivery.buttons import with_offers
from bot.slack.views import answers, catalog
from sandbox.slack.block_kit import check_message
from storage.audit import AuditEvent
from storage.audit_chain import Signature
from tests.unit.slack import approvals, migrations, policies

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NASTY = "<!channel> & `x` *y* ```z``` <script>" * 3


def template(name: str = "k8s-calico", driver: Driver | None = Driver("calico")) -> Template:
    return Template(
        id="7c0f",
        name=name,
        driver=driver,
        network_driver=str(driver or "cilium"),
        kubernetes="v1.29.5",
        image="fcos",
        flavor="m1",
        master_flavor="m1",
        external_network="public",
        keypair="",
        public=True,
        hidden=False,
        labels={f"label_{n}": "v" * 100 for n in range(60)},
        created=NOW,
    )


def cluster(name: str = "prod-eu", status: str = "CREATE_FAILED") -> Cluster:
    return Cluster(
        id="c1",
        name=name,
        project="shop",
        driver=Driver("calico"),
        status=status,
        status_reason=NASTY * 40,
        faults={f"default-worker-{n}": NASTY * 10 for n in range(40)},
        nodes=3,
        masters=1,
        created=NOW,
    )


def report(nodes: int = 300, text: str = NASTY) -> VerificationReport:
    return VerificationReport(
        cluster="prod-eu",
        cluster_id="c1",
        project="shop",
        asked=Driver("calico"),
        running="calico",
        verdict=Verdict.DEGRADED,
        nodes=nodes,
        nodes_ok=1,
        passed=3,
        problem="",
        advice="",
        at=NOW,
        seconds=0.4,
        sessions=nodes,
        findings=tuple(
            Finding(
                severity=Severity.ERROR,
                title=text,
                node=f"node-{n}",
                detail=text * 5,
                advice=f"do this; /xk8s diagnose c --node n{n}",
            )
            for n in range(nodes)
        ),
        not_checked=tuple(NotChecked(what="BGP", why=text * 20) for _ in range(20)),
        pods=tuple(
            PodRow(node=f"node-{n}", pod=f"calico-node-{n}", state="not ready", why=text * 10)
            for n in range(nodes)
        ),
        sessions_down=tuple(
            Session(node=f"n{n}", peer="10.0.0.1", kind="mesh", state="start", since="08:00", info=text)
            for n in range(nodes)
        ),
    )


def event(n: int) -> AuditEvent:
    return AuditEvent(
        operation=f"op{n}",
        phase="outcome",
        reference="7f3a",
        at=NOW,
        actor="U1",
        actor_name=NASTY,
        team="T",
        entry="command",
        channel="C",
        thread="",
        project="shop",
        action="template.create",
        arguments={},
        target=NASTY,
        outcome="failed",
        detail=NASTY * 20,
        duration_ms=800,
    )


def chain_report(broken: Break | None = None, signed: bool = True, wrong: int = 0) -> ChainReport:
    return ChainReport(
        events=12_345,
        begins_after=1_000,
        last=13_345,
        broken=broken,
        unknown_keys=("0a1b2c3d4e5f",),
        keys=signed,
        signed=(
            Signature(position=13_000, hash="a" * 64, at=NOW, key="f" * 12, signature="b" * 64)
            if signed
            else None
        ),
        anchors=tuple(AnchorCheck(position=n + 1, holds=n >= wrong, what=NASTY, at=NOW) for n in range(300)),
        seconds=1.5,
    )


SPEC = TemplateSpec(
    name="n",
    driver=Driver("flannel"),
    kubernetes="v1",
    image="i",
    flavor="f",
    master_flavor="m",
    external_network="e",
    keypair="",
    public=True,
    labels={f"l{n}": "v" * 80 for n in range(80)},
)
DEFAULTS = Defaults(
    name="",
    image="",
    flavor="",
    master_flavor="",
    external_network="",
    keypair="",
    kubernetes="",
    container_runtime="",
    labels={},
    driver_labels={},
)
CREATED = ClusterCreated(
    project="shop",
    id="c1",
    name=NASTY,
    template=NASTY,
    driver=Driver("calico"),
    kubernetes="v1.29.5",
    nodes=3,
    masters=1,
    api_address="https://10.0.0.1:6443",
    build_seconds=660,
    report=report(),
)
STATES: list[object] = [
    ClusterBuilding(
        name=NASTY, template=NASTY, nodes=3, masters=1, status="", seconds=5, at=NOW, trouble=NASTY * 90
    ),
    ClusterBuilt(name=NASTY, nodes=3, masters=1, driver="calico", api_address="", seconds=660),
    ClusterVerifying(name=NASTY, driver="calico", seconds=5, at=NOW, report=report()),
    ClusterDeleting(name=NASTY, status="DELETE_IN_PROGRESS", seconds=5, at=NOW),
    VerificationProgress(
        asked=None, clusters=300, done=((NASTY, Verdict.HEALTHY),) * 300, doing=((NASTY, NASTY),) * 300
    ),
]
RESULTS: list[object] = [
    help_page(None, available=frozenset()),
    help_page("template", available=frozenset({"template.create"})),
    AccessSummary(
        person="U1",
        project="shop",
        roles={Role.VIEWER: NASTY},
        may=("verify",) * 60,
        may_not=("migrate.start",) * 60,
    ),
    DriverComparison(profiles=profiles(), one=None),
    DriverComparison(profiles=profiles(), one=profile(Driver("flannel"))),
    TemplateCreated(template=template(), project="shop", warning=NASTY, runtime="containerd"),
    TemplatePlanned(spec=SPEC, project="shop", warning=NASTY),
    TemplateForm(project="shop", defaults=DEFAULTS),
    TemplateListing(
        project="shop", driver=None, templates=tuple(template(f"t{n}", None) for n in range(250))
    ),
    TemplateListing(project="shop", driver=Driver("calico"), templates=()),
    TemplateDetails(project="shop", template=template(), warning=""),
    ClusterOverview(
        project="shop",
        listed=Listed(clusters=tuple(cluster(f"c{n}") for n in range(250)), unread=Problem("x", why=NASTY)),
    ),
    ClusterDetails(cluster=cluster()),
    *(
        TemplateChanged(project="shop", template=template(NASTY), change=change, was_so=was_so)
        for change in TemplateChange
        for was_so in (True, False)
    ),
    CREATED,
    dataclasses.replace(CREATED, report=dataclasses.replace(report(3), verdict=Verdict.HEALTHY, findings=())),
    *(
        ClusterDeleted(project="shop", id="c1", name=NASTY, seconds=600, was_gone=was_gone)
        for was_gone in (True, False)
    ),
    VerificationSummary(asked=Driver("calico"), reports=(report(),), missing=(), single=True),
    VerificationSummary(
        asked=None, reports=tuple(report(nodes=30) for _ in range(30)), missing=(NASTY,), single=False
    ),
    *approvals.RESULTS,
    *policies.RESULTS,
    *migrations.RESULTS,
    ClusterCreated(
        project="shop",
        id="c1",
        name=NASTY,
        template=NASTY,
        driver=Driver("calico"),
        kubernetes="v1.29.5",
        nodes=300,
        masters=3,
        api_address=NASTY,
        build_seconds=60.0,
        report=report(),
    ),
    *(
        ClusterDeleted(project="shop", id="c1", name=NASTY, seconds=1.0, was_gone=gone)
        for gone in (True, False)
    ),
    *(
        TemplateChanged(project="shop", template=template(), change=change, was_so=so)
        for change in TemplateChange
        for so in (True, False)
    ),
    AuditShown(
        page=AuditPage(events=tuple(event(n) for n in range(20)), page=2, pages=3, total=60),
        action=AuditList(),
        own=True,
    ),
    AuditVerified(report=chain_report(), anchored=True),
    AuditVerified(report=chain_report(signed=False), anchored=False),
    AuditVerified(report=chain_report(broken=Break(position=77, what=NASTY)), anchored=True),
    AuditVerified(report=chain_report(wrong=200), anchored=True),
]


def ended(**more: object) -> Conclusion:
    request = IncomingRequest(
        key="k",
        operation=OperationId("7f3a" * 8),
        entry=Entry.COMMAND,
        person=Person(id="U1", name="ana"),
        place=Place(channel="C1"),
        received=NOW,
    )
    return Conclusion(
        request=request, action=AuditList(), project="shop", outcome=Outcome.SUCCEEDED, seconds=0.8, **more
    )  # type: ignore[arg-type]


def sent(conclusion: Conclusion) -> list[tuple[str, list[dict[str, object]]]]:
    rendered = answers.conclusion(conclusion)
    shown = answers.with_headline(rendered)
    root = answers.root(rendered.headline, conclusion.request)
    return [
        (each.text, with_offers(each.blocks, lambda _button: OfferId("o" * 32))) for each in (root, *shown)
    ]


def mrkdwn(value: object) -> list[str]:
    """The texts of blocks that Slack reads as markup (a table's raw_text is not)."""
    if isinstance(value, dict):
        own = [str(value["text"])] if value.get("type") == "mrkdwn" else []
        return own + [text for inner in value.values() for text in mrkdwn(inner)]
    return [text for inner in value for text in mrkdwn(inner)] if isinstance(value, list) else []


def test_every_registered_result_is_among_those_that_are_shown_here() -> None:
    assert {type(result) for result in RESULTS} >= catalog.RESULTS.result_types - _LATER


_LATER: frozenset[type] = frozenset()  # those with tests of their own


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_a_state_on_the_way_stays_within_slacks_limits_and_says_how_old_it_is(state: object) -> None:
    message = answers.progress(state)
    check_message(list(message.blocks))
    assert 0 < len(message.text) <= kit.MESSAGE_TEXT
    shown = "\n".join(mrkdwn(list(message.blocks)))
    assert "<!channel>" not in shown
    if getattr(state, "at", None) is not None:
        assert "as of 09:00:00 UTC" in " ".join(plain_text.lines(message.blocks))
    root = answers.root(answers.going_on(state, message), ended(result=None).request)
    check_message(list(root.blocks))
    assert plain_text.lines(root.blocks)[0].startswith("⏳")


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_an_answer_stays_within_slacks_limits(result: object) -> None:
    for text, blocks in sent(ended(result=result)):
        check_message(blocks)
        assert 0 < len(text) <= kit.MESSAGE_TEXT
        assert not any("<!channel>" in markup for markup in mrkdwn(blocks)), (
            "what servers say is never markup"
        )


@pytest.mark.parametrize("state", migrations.STATES, ids=lambda state: type(state).__name__)
def test_a_state_of_a_migration_stays_within_slacks_limits(state: object) -> None:
    message = answers.progress(state)
    blocks = with_offers(message.blocks, lambda _button: OfferId("o" * 32))
    check_message(blocks)
    assert 0 < len(message.text) <= kit.MESSAGE_TEXT
    assert not any("<!channel>" in markup for markup in mrkdwn(blocks))
    assert "<!channel>" not in answers.going_on(state, message)


def test_nothing_that_a_server_says_becomes_markup_or_a_fence() -> None:
    for _, blocks in sent(ended(problem=Problem(NASTY, why=NASTY, fix=NASTY))):
        check_message(blocks)
        assert not any("<!channel>" in markup for markup in mrkdwn(blocks))


@given(what=st.text(max_size=9_000), why=st.text(max_size=9_000), fix=st.text(max_size=9_000))
@settings(max_examples=50, deadline=None)
def test_any_error_fits(what: str, why: str, fix: str) -> None:
    for text, blocks in sent(ended(problem=Problem(what or "x", why=why, fix=fix))):
        check_message(blocks)
        assert len(text) <= kit.MESSAGE_TEXT


def test_an_error_is_three_lines_and_a_reference() -> None:
    problem = Refusal("There is no cluster x in shop", why="HTTP 404", fix="See `/xk8s cluster list`.")
    lines = "\n".join(plain_text.lines(sent(ended(problem=problem))[1][1]))
    assert (
        "There is no cluster x in shop" in lines
        and "HTTP 404" in lines
        and "See /xk8s cluster list." in lines
    )
    assert "ref 7f3a" in lines


def test_a_word_of_two_meanings_gets_a_button_for_each() -> None:
    from bot.actions.clusters import ClusterShow

    problem = Ambiguous(
        "2 clusters are called x",
        choices=[Choice("id-1", "calico"), Choice("id-2", "flannel")],
        fix="Pick one.",
    )
    conclusion = dataclasses.replace(ended(problem=problem), action=ClusterShow(cluster="x"))
    offered = [
        element["button"].action
        for message in answers.conclusion(conclusion).messages
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]
    assert offered == [ClusterShow(cluster="id-1"), ClusterShow(cluster="id-2")]
