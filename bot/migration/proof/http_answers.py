"""Asks Services over HTTP through the API server's proxy: what they answer is of the class that it was on the
source.

One GET each, of a path that a probe names. Of an answer only its class is kept (`2xx`), nothing that it says.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from bot.adapters.kube.client import RETRIED, TRIES, Kube, Reply
from bot.adapters.kube.errors import Forbidden, Unreachable, from_answer
from bot.common.wording import count
from bot.migration.inventory.cluster_objects import AT_ONCE, Inventory
from bot.migration.objects.manifest import Object, Ref, matches, pod_template_of, spec_of
from bot.migration.proof.http_probes import HttpProbe, HttpProbes
from bot.migration.proof.verdict import ProofFault, ProofResult

MOST = 100  # GETs on each side
SECONDS = 10.0  # for one
BYTES = 16_384  # of an answer; more is not read
PAUSE_SECONDS = 0.2  # before the API server is asked again; doubled from try to try
AGAIN_SECONDS = 2.0  # before one that answers otherwise is asked once more
CHECK = "http"
NOBODY, UNREACHED, SILENT = "no endpoints", "not reached", "nothing in time"
_MARKS = (
    ("no endpoints available for service", NOBODY),
    ("no service port", NOBODY),
    ("error trying to reach service", UNREACHED),
)
NAMED = 8


@dataclasses.dataclass(frozen=True, kw_only=True)
class HttpAnswer:
    """What one port of a Service answered: `2xx`, …, or that the API server found nobody there."""

    service: Ref
    port: int
    said: str

    @property
    def answered(self) -> bool:
        """Whether the application itself did."""
        return self.said not in (NOBODY, UNREACHED, SILENT)


@dataclasses.dataclass(frozen=True, kw_only=True)
class HttpAnswers:
    """One side's answers. `refused` says why nobody was asked, if so."""

    found: tuple[HttpAnswer, ...] = ()
    refused: str = ""

    def of(self, probe: HttpProbe) -> HttpAnswer | None:
        """The answer to a probe."""
        return next(
            (each for each in self.found if (each.service, each.port) == (probe.service, probe.port)), None
        )


class _Status(msgspec.Struct):
    kind: str = ""
    message: str = ""


def ask(kube: Kube, probes: Sequence[HttpProbe]) -> HttpAnswers:
    """Send the GETs, at most 100 and at most 8 at once. Raises `KubeError` if the API server itself fails."""
    asked = probes[:MOST]
    if not asked:
        return HttpAnswers()
    try:
        first = _answer(kube, asked[0])  # who may not ask is told so once
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="get") as pool:
            return HttpAnswers(found=(first, *pool.map(lambda each: _answer(kube, each), asked[1:])))
    except Forbidden as error:
        return HttpAnswers(refused=error.why)


def _answer(kube: Kube, probe: HttpProbe) -> HttpAnswer:
    """Ask once; again only where the API server itself did not get so far."""
    for attempt in range(TRIES):
        try:
            reply = kube.once(probe.url, seconds=SECONDS, most=BYTES)
        except Unreachable:  # of an API server that is gone the reads around this one tell
            return HttpAnswer(service=probe.service, port=probe.port, said=SILENT)
        said = _said(reply)
        if said:
            return HttpAnswer(service=probe.service, port=probe.port, said=said)
        if reply.status not in RETRIED or attempt == TRIES - 1:
            raise from_answer(reply.status, reply.data, doing="ask a Service")
        time.sleep(PAUSE_SECONDS * 2**attempt)
    raise AssertionError("unreachable")  # pragma: no cover


def _said(reply: Reply) -> str:
    """The class of an answer; empty if it is the API server's own, which is told from the application's
    by its form.
    """
    status = _own_words(reply) if reply.status >= 400 else None
    if status is None:
        return f"{reply.status // 100}xx"
    return next((said for words, said in _MARKS if status.message.startswith(words)), "")


def _own_words(reply: Reply) -> _Status | None:
    try:
        found = msgspec.json.decode(reply.data, type=_Status)
    except msgspec.MsgspecError:
        return None
    return found if found.kind == "Status" and found.message else None


def check(
    target: Kube,
    probes: HttpProbes,
    before: HttpAnswers | None,
    now: Inventory,
    *,
    enforced: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> ProofResult:
    """Ask the target what the source was asked before it stopped. `enforced`: its driver enforces
    NetworkPolicies.

    What answers otherwise is asked once more. Raises `KubeError`.
    """
    gaps = list(_gaps(probes, before))
    if before is None or before.refused:
        return ProofResult(check=CHECK, unchecked=tuple(gaps))
    comparable = [each for each in probes.asked if (old := before.of(each)) is not None and old.answered][
        :MOST
    ]
    answers, odd = _asked_twice(target, comparable, before, sleep)
    if answers.refused:
        return ProofResult(
            check=CHECK, unchecked=(*gaps, f"HTTP of {count(len(comparable), 'port')}: {answers.refused}")
        )
    unreached = [each for each in odd if _said_of(each, answers) in (UNREACHED, SILENT)]
    shut = [each for each in unreached if enforced and _isolated(each.service, now)]
    faults = tuple(
        ProofFault(
            about=str(each),
            seen=f"answers {_said_of(each, answers)}",
            expected=f"{_said_of(each, before)}, as on the source",
        )
        for each in odd
        if each not in shut
    )
    gaps += [f"{each}: a NetworkPolicy keeps the API server from its pods" for each in shut]
    return ProofResult(check=CHECK, looked=len(comparable) - len(shut), faults=faults, unchecked=tuple(gaps))


def _asked_twice(
    target: Kube, comparable: Sequence[HttpProbe], before: HttpAnswers, sleep: Callable[[float], None]
) -> tuple[HttpAnswers, list[HttpProbe]]:
    """The target's answers, and the probes whose second one is worse too."""
    answers = ask(target, comparable)
    odd = [each for each in comparable if _worse(each, before, answers)]
    if answers.refused or not odd:
        return answers, []
    sleep(AGAIN_SECONDS)
    again = ask(target, odd)
    both = HttpAnswers(found=(*again.found, *answers.found), refused=again.refused)
    return both, [each for each in odd if _worse(each, before, both)]


def _said_of(probe: HttpProbe, answers: HttpAnswers) -> str:
    found = answers.of(probe)
    return found.said if found is not None else "nothing"


def _worse(probe: HttpProbe, before: HttpAnswers, now: HttpAnswers) -> bool:
    """Another class is worse, but for success."""
    return _said_of(probe, now) not in ("2xx", _said_of(probe, before))


def _gaps(probes: HttpProbes, before: HttpAnswers | None) -> Iterator[str]:
    """What cannot be compared, and why."""
    if probes.without:
        yield f"HTTP of {_listed(probes.without)}: no probe names a path"
    if before is None or before.refused:
        why = before.refused if before is not None else "the source was not asked before it stopped"
        if probes.asked:
            yield f"HTTP of {count(len(probes.asked), 'port')}: {why}"
        return
    for said, why in (
        (NOBODY, "nobody answered on the source"),
        (UNREACHED, "the old API server could not reach it"),
        (SILENT, f"nothing answered on the source within {SECONDS:.0f} s"),
        ("nothing", f"the source was not asked ({MOST} ports are the most)"),
    ):
        some = [
            f"{each.service.short}:{each.port}" for each in probes.asked if _said_of(each, before) == said
        ]
        if some:
            yield f"HTTP of {_listed(some)}: {why}"
    asked = {(each.service, each.port) for each in probes.asked}
    gone = [
        f"{each.service.short}:{each.port}" for each in before.found if (each.service, each.port) not in asked
    ]
    if gone:
        yield f"HTTP of {_listed(gone)}: no probe of the new cluster names a path"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def _isolated(service: Ref, now: Inventory) -> bool:
    """Whether a NetworkPolicy restricts who reaches the pods of a Service: then the API server may well
    be kept out.
    """
    selector = spec_of(now.objects.get(service) or {}).get("selector") or {}
    labels = [
        _labels(each)
        for each in now.objects.values()
        if each["metadata"].get("namespace") == service.namespace
    ]
    behind = [each for each in labels if each and selector.items() <= each.items()]
    return any(
        matches(spec_of(policy).get("podSelector"), each)
        for policy in now.of("NetworkPolicy", "networking.k8s.io")
        if policy["metadata"]["namespace"] == service.namespace
        and "Ingress" in (spec_of(policy).get("policyTypes") or ["Ingress"])
        for each in behind
    )


def _labels(obj: Object) -> dict[str, str]:
    return (pod_template_of(obj).get("metadata") or {}).get("labels") or {}
