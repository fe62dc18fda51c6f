"""A bot that dies between the intent and the write, or after it: a second try finishes or says why not.

The API server of the sandbox is made to hold the one write back, before it is done or before it is answered;
then the bot is killed (SIGKILL), and started again on the same database.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e import shop
from tests.e2e.conftest import Office, Seen
from tests.e2e.conftest import office as open_office
from tests.e2e.test_policies import outcomes, text_of

STAGING = "staging-eu"
pytestmark = pytest.mark.reliability


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(tmp_path_factory.mktemp("bot"), "socket") as running_office:
        shop.deploy(running_office, STAGING)
        yield running_office


class Held:
    """The next write of a policy, held back by the API server."""

    def __init__(self, office: Office, *, done: bool) -> None:
        self._api = office.sandbox.cluster_faults[STAGING].cluster.api
        self._serve = self._api.serve
        self._done = done
        self.reached = False

    def __enter__(self) -> Held:
        async def serve(request: Any, target: Any, verb: str) -> Any:
            writes = verb in ("patch", "update", "delete") and target.kind.kind == "NetworkPolicy"
            if not writes or request.query_params.get("dryRun") or self.reached:
                return await self._serve(request, target, verb)
            if self._done:
                await self._serve(request, target, verb)
            self.reached = True
            await asyncio.sleep(60)
            raise AssertionError("the bot was not killed")

        self._api.serve = serve
        return self

    def __exit__(self, *_raised: object) -> None:
        self._api.serve = self._serve


def killed_while_writing(
    office: Office, words: str, *, done: bool, meanwhile: Callable[[], None] = lambda: None
) -> Seen:
    """Somebody types words; the bot dies while it writes; something happens; the bot comes back and
    answers.
    """
    before = len(office.workspace.messages)
    with Held(office, done=done) as held_write:
        office.sandbox.loopback.run(office.workspace.command("U0ANA", "C0SHOP", f"/xk8s {words}"))
        office.until(lambda: held_write.reached)
        office.bot.kill()
    meanwhile()
    office.bot.start()
    return office.sees(before, seconds=40)


def recorded_changes(office: Office) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(office.bot.folder / "xk8s.sqlite3")) as database:
        return database.execute(
            "SELECT kind, state, undoes IS NOT NULL FROM policy_changes ORDER BY at"
        ).fetchall()


@pytest.mark.parametrize("done", [False, True], ids=["before-the-write", "after-the-write"])
def test_an_apply_that_was_cut_off_is_finished_once(office: Office, done: bool) -> None:
    answer = killed_while_writing(office, f"policy apply default-deny-ingress {STAGING} -n shop", done=done)
    assert f"✅ default-deny-ingress applied on {STAGING} / shop: closes" in answer.line
    assert "exactly what was previewed" in answer.text
    policy = shop.policy_in(office, STAGING, "shop", "default-deny-ingress")
    assert policy is not None and policy["metadata"].get("generation", 1) == 1
    assert outcomes(office, answer) == [("policy.apply", "succeeded")]
    assert recorded_changes(office) == [("apply", "written", 0)]
    office.presses(answer, "Roll back")
    assert shop.policy_in(office, STAGING, "shop", "default-deny-ingress") is None


def test_an_apply_that_was_cut_off_is_given_up_when_somebody_else_came_in_between(office: Office) -> None:
    def meanwhile() -> None:
        shop.put(office, STAGING, shop.policy("shop", "default-deny-ingress", ingress=[{}]))

    answer = killed_while_writing(
        office, f"policy apply default-deny-ingress {STAGING} -n shop", done=False, meanwhile=meanwhile
    )
    assert "was changed by somebody else, so nothing was written" in answer.text
    assert "somebody made a policy of this name (last written by kubectl-client-side-apply" in answer.text
    policy = shop.policy_in(office, STAGING, "shop", "default-deny-ingress")
    assert policy is not None and policy["spec"]["ingress"] == [{}]
    assert outcomes(office, answer) == [("policy.apply", "refused")]
    assert recorded_changes(office) == [("apply", "given_up", 0)]


@pytest.mark.parametrize("done", [False, True], ids=["before-the-write", "after-the-write"])
def test_a_deletion_and_a_roll_back_that_were_cut_off_are_finished_once(office: Office, done: bool) -> None:
    own = shop.policy("shop", "allow-web", policyTypes=["Ingress"])
    shop.put(office, STAGING, own)
    deleted = killed_while_writing(office, f"policy delete allow-web {STAGING} -n shop", done=done)
    assert "🗑 allow-web deleted from" in deleted.line
    assert shop.policy_in(office, STAGING, "shop", "allow-web") is None
    assert outcomes(office, deleted) == [("policy.delete", "succeeded")]
    change = deleted.text.split("policy rollback ")[1].split(" ")[0]
    back = killed_while_writing(office, f"policy rollback {change}", done=done)
    assert "rolled back on" in back.line
    policy = shop.policy_in(office, STAGING, "shop", "allow-web")
    assert policy is not None and policy["spec"] == own["spec"]
    assert outcomes(office, back) == [("policy.rollback", "succeeded")]
    assert recorded_changes(office) == [("delete", "written", 0), ("rollback", "written", 1)]


def test_an_answer_that_is_lost_is_looked_for(office: Office) -> None:
    """The server writes and then fails, again and again: the bot looks, and tells what is true."""
    api = office.sandbox.cluster_faults[STAGING].cluster.api
    serve = api.serve

    async def serve_and_fail(request: Any, target: Any, verb: str) -> Any:
        answer = await serve(request, target, verb)
        if verb == "patch" and target.kind.kind == "NetworkPolicy" and not request.query_params.get("dryRun"):
            api.faults.status, api.faults.times = 503, 5
            await api.faults.before_request()
        return answer

    api.serve = serve_and_fail
    try:
        applied = office.types(f"policy apply default-deny-ingress {STAGING} -n shop")
    finally:
        api.serve = serve
        api.faults.status = api.faults.times = 0
    assert "applied on" in applied.line, text_of(applied.messages[-1])
    assert outcomes(office, applied) == [("policy.apply", "succeeded")]
    assert shop.policy_in(office, STAGING, "shop", "default-deny-ingress") is not None
