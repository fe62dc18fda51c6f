"""The demo's tour: what people do in the sandbox, read like a transcript, and what the answers must say."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

import click

from bot.sandbox.slack.model import Message
from bot.sandbox.world import World
from bot.slack import plain

ANSWER_SECONDS = 30.0
ANA, BO, SHOP = "U0ANA", "U0BO", "C0SHOP"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that somebody does on the tour, and what the answer must say."""

    intro: str
    who: str
    words: str = ""
    press: str = ""  # instead of words: the label of a button, the newest there is
    expect: tuple[str, ...]
    before: Callable[[World], None] = lambda _world: None


def _close_port_179(world: World) -> None:
    switches = world.switches["staging-eu"]
    node = list(switches.cluster.fabric.machines)[2]  # some peers still reach it, so it stays Ready
    world.loopback.run(switches.switch("bgp-port", True, node))
    world.loopback.run(switches.cluster.settled())


TOUR: Sequence[Step] = (
    Step(
        intro="Ana needs a cluster template for trying things.", who=ANA, words="template create flannel",
        expect=("k8s-v1.29.5-flannel", "created in shop", "For development and test", "enforces no NetworkPolicy"),
    ),
    Step(
        intro="Is Calico healthy in production?", who=ANA, words="verify calico prod-eu",
        expect=("calico on prod-eu: healthy, 12 of 12 nodes", "66 of 66 BGP sessions Established"),
    ),
    Step(
        intro="Somebody removes TCP 179 from the security group of a node in staging. Every pod there stays 1/1 Ready.",
        who=BO, words="verify calico staging-eu", before=_close_port_179,
        expect=("1 of 5 nodes needs attention", "BGP sessions are down", "TCP 179"),
    ),
    Step(
        intro="Is everything that runs Calico fine?", who=BO, words="verify calico",
        expect=("2 of 3 clusters healthy", "edge: healthy", "staging-eu"),
    ),
    Step(
        intro="A cluster that runs the other driver says so.", who=ANA, words="verify calico dev-eu",
        expect=("dev-eu runs flannel, not calico",),
    ),
    Step(
        intro="What would closing a namespace in production do? Nothing is written.", who=ANA,
        words="policy preview default-deny-ingress prod-eu -n monitoring", expect=("default-deny-ingress on prod-eu / monitoring: closes 36 connections", "outside → grafana"),
    ),
    Step(
        intro="In production a second person decides over a policy.", who=ANA,
        words="policy apply allow-same-namespace prod-eu -n monitoring --reason 'only monitoring talks to monitoring'",
        expect=("waits for approval", "only monitoring talks to monitoring", "needs 1 approver other than who asked: @bo @dee"),
    ),
    Step(
        intro="Bo reads what will close, and approves.", who=BO, press="Approve",
        expect=("approved by @bo", "Accepted by the API; enforcement not measured", "exactly what was previewed"),
    ),
    Step(
        intro="Who did what? The audit log knows.", who=BO, words="audit",
        expect=("ana template create k8s-v1.29.5-flannel", "bo verify staging-eu", "approvals decide", "ana policy apply"),
    ),
    Step(intro="Has anybody tampered with it?", who=BO, words="audit verify", expect=("holds",)),
    Step(
        intro="Ana wants dev-eu to run Calico: it is planned. Press Approve as bo or dee in its thread, and watch it move.",
        who=ANA, words="migrate dev-eu --to calico --volumes reattach --soak 10s",
        expect=("Migrate dev-eu from flannel to calico: waits for approval", "objects are copied", "connections are cut"),
    ),
)  # fmt: skip


def play(world: World) -> bool:
    """Play every step and print it as a transcript; False if one did not give the expected answer."""
    started = time.monotonic()
    good = True
    for step in TOUR:
        step.before(world)
        good = _play(world, step) and good
    seconds = time.monotonic() - started
    click.echo(f"{'✅' if good else '❌'} tour of {len(TOUR)} steps in {seconds:.1f} s\n")
    return good


def _play(world: World, step: Step) -> bool:
    name = world.workspace.users[step.who].name
    click.echo(f"── {step.intro}")
    click.echo(f"{name} › {f'[{step.press}]' if step.press else f'/xk8s {step.words}'}")
    before = len(world.workspace.messages)
    try:
        said = _pressed(world, step) if step.press else _typed(world, step, before)
    except (TimeoutError, LookupError):
        click.echo("   ❌ no answer\n")
        return False
    text = " ".join(" ".join(said).split())
    missing = [wanted for wanted in step.expect if wanted not in text]
    for wanted in missing:
        click.echo(f"   ❌ expected “{wanted}”")
    click.echo()
    return not missing


def _typed(world: World, step: Step, before: int) -> list[str]:
    world.loopback.run(world.workspace.command(step.who, SHOP, f"/xk8s {step.words}"))
    _until(world, lambda: _answered(world, before))
    return _print(world, world.workspace.messages[before:])


def _pressed(world: World, step: Step) -> list[str]:
    """Press a button, wait until its thread says what it must, print what was said anew and the thread's root."""
    message, action = _button(world, step.press)
    before = len(world.workspace.messages)
    world.loopback.run(world.workspace.click(step.who, SHOP, message.ts, action))

    def thread() -> list[Message]:
        root = message.thread or message.ts
        return [each for each in world.workspace.messages if root in (each.ts, each.thread) and not each.only_for]

    def said() -> bool:
        text = " ".join(" ".join(_named(world, line) for each in thread() for line in _lines(each)).split())
        return all(wanted in text for wanted in step.expect)

    _until(world, said)
    new = [each for each in thread() if each in world.workspace.messages[before:]]
    return _print(world, [*thread()[:2], *new])


def _button(world: World, label: str) -> tuple[Message, str]:
    for message in reversed(world.workspace.messages):
        for block in message.blocks if message.channel == SHOP else ():
            for element in block.get("elements", ()) if block["type"] == "actions" else ():
                if element["text"]["text"] == label:
                    return message, str(element["action_id"])
    raise LookupError(label)


def _until(world: World, condition: Callable[[], Any]) -> None:
    world.loopback.run(world.workspace.until(condition, ANSWER_SECONDS), ANSWER_SECONDS + 5)


def _print(world: World, messages: Sequence[Message]) -> list[str]:
    said: list[str] = []
    for message in messages:
        for number, line in enumerate(_lines(message)):
            mark = "xk8s ‹ " if number == 0 and not message.thread else "       "
            indent = "    " if message.thread else ""
            click.echo(f"{mark}{indent}{_named(world, line)}")
            said.append(_named(world, line))
    return said


def _lines(message: Message) -> list[str]:
    return plain.lines(message.blocks) or [message.text]


def _answered(world: World, before: int) -> Message | None:
    """The root of an answer that has come to its end: it no longer shows that work goes on."""
    new = world.workspace.messages[before:]
    root = next((message for message in new if not message.thread), None)
    done = root is not None and not plain.lines(root.blocks)[0].startswith("⏳")
    return root if done else None


def _named(world: World, line: str) -> str:
    for user in world.workspace.users.values():
        line = line.replace(f"@{user.id}", f"@{user.name}")
    return line
