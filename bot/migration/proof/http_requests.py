"""Sends the HTTP probes to Services, through the API server's proxy: one GET of a path that a probe names.

Of an answer only its class is kept (`2xx`), nothing that the application says.
"""

import dataclasses
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from bot.adapters.json_decoders import decoder_of
from bot.adapters.kube.client import RETRIED, TRIES, KubeClient, Reply
from bot.adapters.kube.errors import Forbidden, Unreachable, from_answer
from bot.migration.inventory.cluster_objects import AT_ONCE
from bot.migration.objects.fields import Ref
from bot.migration.proof.http_probes import HttpProbe

MOST = 100  # GETs to each cluster
SECONDS = 10.0  # for one
BYTES = 16_384  # of an answer; more is not read
PAUSE_SECONDS = 0.2  # before the API server is asked again; doubled from try to try
NOBODY, UNREACHED, SILENT = "no endpoints", "not reached", "nothing in time"
NOT_ASKED = "nothing"
# how the API server begins its own answer where the application gave none
_MARKS = (
    ("no endpoints available for service", NOBODY),
    ("no service port", NOBODY),
    ("error trying to reach service", UNREACHED),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class HttpAnswer:
    """What one port of a Service answered: `2xx`, …, or that the API server found nobody there."""

    service: Ref
    port: int
    said: str

    @property
    def answered(self) -> bool:
        """Whether the application itself answered."""
        return self.said not in (NOBODY, UNREACHED, SILENT)


@dataclasses.dataclass(frozen=True, kw_only=True)
class HttpAnswers:
    """The answers of one cluster. `refused` says why nobody was asked, if that is so."""

    found: tuple[HttpAnswer, ...] = ()
    refused: str = ""

    def of(self, probe: HttpProbe) -> HttpAnswer | None:
        """Return the answer to a probe, or None if it was not asked."""
        port = (probe.service, probe.port)
        return next((answer for answer in self.found if (answer.service, answer.port) == port), None)

    def class_of(self, probe: HttpProbe) -> str:
        """Return the class of the answer to a probe, or `NOT_ASKED`."""
        answer = self.of(probe)
        return answer.said if answer is not None else NOT_ASKED


class _Status(msgspec.Struct):
    kind: str = ""
    message: str = ""


def ask(kube: KubeClient, probes: Sequence[HttpProbe]) -> HttpAnswers:
    """Send the GETs: the first 100, at most 8 at once. Raises `KubeError`."""
    chosen = probes[:MOST]
    if not chosen:
        return HttpAnswers()
    try:
        first = _send(kube, chosen[0])  # if the bot may not ask, it is told so only once
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="get") as pool:
            return HttpAnswers(found=(first, *pool.map(lambda probe: _send(kube, probe), chosen[1:])))
    except Forbidden as error:
        return HttpAnswers(refused=error.why)


def _send(kube: KubeClient, probe: HttpProbe) -> HttpAnswer:
    """Send one GET; again only where the API server itself did not get so far as to forward it."""
    for attempt in range(TRIES):
        try:
            reply = kube.get_once(probe.url, seconds=SECONDS, most=BYTES)
        except Unreachable:  # if the API server is gone, the reads before and after this one say so
            return HttpAnswer(service=probe.service, port=probe.port, said=SILENT)
        answer = _class_of(reply)
        if answer:
            return HttpAnswer(service=probe.service, port=probe.port, said=answer)
        if reply.status not in RETRIED or attempt == TRIES - 1:
            raise from_answer(reply.status, reply.data, doing="ask a Service")
        time.sleep(PAUSE_SECONDS * 2**attempt)
    raise AssertionError("unreachable")  # pragma: no cover


def _class_of(reply: Reply) -> str:
    """Return the class of an answer; empty if it is an error of the API server itself."""
    status = _api_server_status(reply) if reply.status >= 400 else None
    if status is None:
        return f"{reply.status // 100}xx"
    return next((answer for words, answer in _MARKS if status.message.startswith(words)), "")


def _api_server_status(reply: Reply) -> _Status | None:
    try:
        status = decoder_of(_Status).decode(reply.data)
    except msgspec.MsgspecError:
        return None
    return status if status.kind == "Status" and status.message else None
