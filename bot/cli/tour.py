"""The tour of the demo: what people do in the sandbox, printed as a transcript, and what must be answered.

A migration goes on in one channel while everything else happens in the other, as in a team; the transcript
shows one after the other.
"""

import dataclasses
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import click

from bot.cli.demo_actors import DemoStage
from sandbox.sandbox import Sandbox

ANA, BO, DEE, SHOP, DEV = "U0ANA", "U0BO", "U0DEE", "C0SHOP", "C0SHOPDEV"
CHANNELS = {SHOP: "shop", DEV: "shop-dev"}
SECONDS_TO_BUILD = 0.5  # a cluster, while somebody waits for the tour
MIGRATION = "dev-eu"  # what the root of its thread is about


@dataclasses.dataclass(frozen=True, kw_only=True)
class TourStep:
    """One command or one press of a button, and what its answer must say."""

    intro: str
    user: str
    words: str = ""  # of a command
    press: str = ""  # or the label of a button
    above: str = ""  # a text of the message that bears the button
    typed: str = ""  # into the form that the button opens
    about: str = ""  # after a button: a text of the root of the thread to read; else the newest is read
    channel: str = SHOP
    expect: tuple[str, ...]  # texts that the answer has
    before: Callable[[Sandbox], None] = lambda _sandbox: None


def _close_port_179(sandbox: Sandbox) -> None:
    switches = sandbox.cluster_faults["staging-eu"]
    node = list(switches.cluster.network.machines)[2]  # some peers still reach it, so it stays Ready
    sandbox.loopback.run(switches.switch("bgp-port", True, node))
    sandbox.loopback.run(switches.cluster.settled())


SHOP_TOUR: Sequence[TourStep] = (
    TourStep(
        intro="Ana needs a cluster template for trying things.",
        user=ANA,
        words="template create flannel",
        expect=(
            "k8s-v1.29.5-flannel",
            "created in shop",
            "For development and test",
            "enforces no NetworkPolicy",
        ),
    ),
    TourStep(
        intro="Is Calico healthy in production?",
        user=ANA,
        words="verify calico prod-eu",
        expect=("calico on prod-eu: healthy, 12 of 12 nodes", "66 of 66 BGP sessions Established"),
    ),
    TourStep(
        intro=(
            "Somebody removes TCP 179 from the security group of a node in staging. Every pod there stays 1/1"
            " Ready."
        ),
        user=BO,
        words="verify calico staging-eu",
        before=_close_port_179,
        expect=("1 of 5 nodes needs attention", "BGP sessions are down", "TCP 179"),
    ),
    TourStep(
        intro="Is everything that runs Calico fine?",
        user=BO,
        words="verify calico",
        expect=("edge: healthy", "prod-eu: healthy", "staging-eu: 1 of 5 nodes needs attention"),
    ),
    TourStep(
        intro="A cluster that runs the other driver says so.",
        user=ANA,
        words="verify calico dev-eu",
        expect=("dev-eu runs flannel, not calico",),
    ),
    TourStep(
        intro="What would closing a namespace in production do? Nothing is written.",
        user=ANA,
        words="policy preview default-deny-ingress prod-eu -n monitoring",
        expect=("default-deny-ingress on prod-eu / monitoring: closes 36 connections", "outside → grafana"),
    ),
    TourStep(
        intro="In production a second person decides over a policy.",
        user=ANA,
        words=(
            "policy apply allow-same-namespace prod-eu -n monitoring --reason 'only monitoring talks to"
            " monitoring'"
        ),
        expect=(
            "waits for approval",
            "only monitoring talks to monitoring",
            "needs 1 approver other than who asked: @bo @dee",
        ),
    ),
    TourStep(
        intro="Bo reads what will close, and approves.",
        user=BO,
        press="Approve",
        expect=(
            "approved by @bo",
            "Accepted by the API; enforcement not measured",
            "exactly what was previewed",
        ),
    ),
    TourStep(
        intro="Who did what? The audit log knows.",
        user=BO,
        words="audit",
        expect=(
            "ana template create k8s-v1.29.5-flannel",
            "bo verify staging-eu",
            "approvals decide",
            "ana policy apply",
        ),
    ),
    TourStep(intro="Has anybody tampered with it?", user=BO, words="audit verify", expect=("holds",)),
)

MIGRATION_TOUR: Sequence[TourStep] = (
    TourStep(
        intro=(
            "Meanwhile Ana wants dev-eu to run Calico. A driver cannot be changed after deployment: a"
            " migration is planned."
        ),
        user=ANA,
        channel=DEV,
        words="migrate dev-eu --to calico --volumes reattach --soak 1s",
        expect=(
            "Migrate dev-eu from flannel to calico: waits for approval",
            "objects are copied",
            "connections are cut",
        ),
    ),
    TourStep(
        intro=(
            "Bo reads the plan, and approves. The new cluster is built and everything copied; nothing stops"
            " yet."
        ),
        user=BO,
        channel=DEV,
        press="Approve",
        above="objects are copied",
        about=MIGRATION,
        expect=("approved by @bo", "compared equal"),
    ),
    TourStep(
        intro="From the cut-over on dev-eu stands still for a moment. Bo decides when.",
        user=BO,
        channel=DEV,
        press="Approve",
        above="the copy in dev-eu-calico compared equal",
        about=MIGRATION,
        expect=(
            "✅ approved by @bo",
            "the source stands still",
            "4 volumes moved",
            "the new cluster serves",
            "proven:",
        ),
    ),
    TourStep(
        intro="The new cluster has served. Dee types the name of the old one; only now it may go.",
        user=DEE,
        channel=DEV,
        press="Approve…",
        above="This cannot be undone",
        typed="dev-eu",
        about=MIGRATION,
        expect=(
            "deletion approved by dee",
            "dev-eu is deleted",
            "Migration of dev-eu → dev-eu-calico (flannel → calico): done",
        ),
    ),
)


class _DelayedEcho:
    """Writes the lines of a transcript only when another has been written."""

    def __init__(self) -> None:
        self._lines: list[str] | None = []
        self._lock = threading.Lock()

    def __call__(self, line: str) -> None:
        with self._lock:
            if self._lines is None:
                click.echo(line)
            else:
                self._lines.append(line)

    def release(self) -> None:
        """Write the lines that wait, and every further line at once."""
        with self._lock:
            for line in self._lines or ():
                click.echo(line)
            self._lines = None


def play(sandbox: Sandbox) -> bool:
    """Play every step and print it as a transcript; return whether all answers were as expected."""
    started, usual_seconds = time.monotonic(), sandbox.cloud.seconds_to_build
    sandbox.cloud.seconds_to_build = SECONDS_TO_BUILD
    delayed = _DelayedEcho()
    migration_stage = DemoStage(sandbox, delayed)
    with ThreadPoolExecutor(1) as executor:
        try:
            migration = executor.submit(_play_steps, sandbox, MIGRATION_TOUR, migration_stage, delayed)
            good = _play_steps(sandbox, SHOP_TOUR, DemoStage(sandbox, click.echo), click.echo)
            delayed.release()
            good = migration.result() and good
        except KeyboardInterrupt:
            migration_stage.leave()
            raise
    sandbox.cloud.seconds_to_build = usual_seconds
    steps = len(SHOP_TOUR) + len(MIGRATION_TOUR)
    click.echo(f"{'✅' if good else '❌'} tour of {steps} steps in {time.monotonic() - started:.1f} s\n")
    return good


def _play_steps(
    sandbox: Sandbox, steps: Sequence[TourStep], stage: DemoStage, echo: Callable[[str], None]
) -> bool:
    good = True
    for step in steps:
        step.before(sandbox)
        good = _play_step(stage, step, echo) and good
    return good


def _play_step(stage: DemoStage, step: TourStep, echo: Callable[[str], None]) -> bool:
    typed = f"/xk8s {step.words}" if step.words else f"[{step.press}] {step.typed}".rstrip()
    echo(f"── {step.intro}")
    echo(f"#{CHANNELS[step.channel]} {stage.name(step.user)} › {typed}")
    try:
        lines = _answer(stage, step)
    except TimeoutError:
        echo("   ❌ no answer\n")
        return False
    text = " ".join(" ".join(lines).split())
    missing = [expected for expected in step.expect if expected not in text]
    for expected in missing:
        echo(f"   ❌ expected “{expected}”")
    echo("")
    return not missing


def _answer(stage: DemoStage, step: TourStep) -> list[str]:
    if step.words:
        return stage.type_command(step.user, step.channel, step.words)
    stage.press_button(step.user, step.channel, step.press, above=step.above, typed=step.typed)
    return stage.read_thread(step.channel, step.expect, about=step.about)
