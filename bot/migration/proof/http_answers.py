"""Services answer HTTP with the same class (`2xx`) as on the source before it stopped."""

import time
from collections.abc import Callable, Iterator, Sequence

from bot.adapters.kube.client import KubeClient
from bot.common.wording import count, first_names
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.fields import Ref, pod_labels_of, spec_of
from bot.migration.objects.kinds import NETWORK_POLICY
from bot.migration.proof import http_requests
from bot.migration.proof.http_probes import HttpProbe, HttpProbes
from bot.migration.proof.http_requests import HttpAnswers, ask
from bot.migration.proof.proof_result import ProofFault, ProofResult
from bot.policy.reach.field_errors import FieldErrors
from bot.policy.reach.selector_parser import parse_selector

AGAIN_SECONDS = 2.0  # before a Service that answers otherwise is asked once more
CHECK = "http"
NAMED = 8


def check(
    target: KubeClient,
    probes: HttpProbes,
    before: HttpAnswers | None,
    now: Inventory,
    *,
    enforced: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> ProofResult:
    """Ask the target what the source was asked before it stopped; once more where it answers otherwise.

    `before` is None if an older version did not ask the source; `enforced` says whether the target's driver
    enforces NetworkPolicies. Raises `KubeError`.
    """
    gaps = list(_gaps(probes, before))
    if before is None or before.refused:
        return ProofResult(check=CHECK, unchecked=tuple(gaps))
    comparable = [probe for probe in probes.probes if (old := before.of(probe)) is not None and old.answered]
    comparable = comparable[: http_requests.MOST]
    answers, worse = _ask_twice(target, comparable, before, sleep)
    if answers.refused:
        gaps.append(f"HTTP of {count(len(comparable), 'port')}: {answers.refused}")
        return ProofResult(check=CHECK, unchecked=tuple(gaps))
    shut = [probe for probe in worse if enforced and _is_shut(probe, answers, now)]
    gaps += [f"{probe}: a NetworkPolicy keeps the API server from its pods" for probe in shut]
    faults = tuple(
        ProofFault(
            about=str(probe),
            actual=f"answers {answers.class_of(probe)}",
            expected=f"{before.class_of(probe)}, as on the source",
        )
        for probe in worse
        if probe not in shut
    )
    return ProofResult(
        check=CHECK, checked_count=len(comparable) - len(shut), faults=faults, unchecked=tuple(gaps)
    )


def _ask_twice(
    target: KubeClient, probes: Sequence[HttpProbe], before: HttpAnswers, sleep: Callable[[float], None]
) -> tuple[HttpAnswers, list[HttpProbe]]:
    """Return the target's answers, and the probes whose second answer is worse too."""
    first = ask(target, probes)
    worse = [probe for probe in probes if _is_worse(probe, before, first)]
    if first.refused or not worse:
        return first, []
    sleep(AGAIN_SECONDS)
    second = ask(target, worse)
    both = HttpAnswers(found=(*second.found, *first.found), refused=second.refused)
    return both, [probe for probe in worse if _is_worse(probe, before, both)]


def _is_worse(probe: HttpProbe, before: HttpAnswers, now: HttpAnswers) -> bool:
    """Return whether an answer is of another class than before; success is never worse."""
    return now.class_of(probe) not in ("2xx", before.class_of(probe))


def _gaps(probes: HttpProbes, before: HttpAnswers | None) -> Iterator[str]:
    """Yield what cannot be compared, and why."""
    if probes.ports_without_path:
        yield f"HTTP of {_names(probes.ports_without_path)}: no probe names a path"
    if before is None or before.refused:
        why = before.refused if before is not None else "the source was not asked before it stopped"
        if probes.probes:
            yield f"HTTP of {count(len(probes.probes), 'port')}: {why}"
        return
    for answer, why in (
        (http_requests.NOBODY, "nobody answered on the source"),
        (http_requests.UNREACHED, "the old API server could not reach it"),
        (http_requests.SILENT, f"nothing answered on the source within {http_requests.SECONDS:.0f} s"),
        (http_requests.NOT_ASKED, f"the source was not asked ({http_requests.MOST} ports are the most)"),
    ):
        ports = [
            _port(probe.service, probe.port) for probe in probes.probes if before.class_of(probe) == answer
        ]
        if ports:
            yield f"HTTP of {_names(ports)}: {why}"
    ports_now = {(probe.service, probe.port) for probe in probes.probes}
    removed_ports = [
        _port(old.service, old.port) for old in before.found if (old.service, old.port) not in ports_now
    ]
    if removed_ports:
        yield f"HTTP of {_names(removed_ports)}: no probe of the new cluster names a path"


def _port(service: Ref, port: int) -> str:
    return f"{service.short}:{port}"


def _names(names: Sequence[str]) -> str:
    return first_names(names, NAMED)


def _is_shut(probe: HttpProbe, answers: HttpAnswers, now: Inventory) -> bool:
    """Return whether a NetworkPolicy may keep the API server from the pods of a silent Service."""
    if answers.class_of(probe) not in (http_requests.UNREACHED, http_requests.SILENT):
        return False
    selector = spec_of(now.objects.get(probe.service, {})).get("selector") or {}
    pods = [
        pod_labels_of(obj) for ref, obj in now.objects.items() if ref.namespace == probe.service.namespace
    ]
    behind = [labels for labels in pods if labels and selector.items() <= labels.items()]
    return any(
        parse_selector(spec_of(policy).get("podSelector"), "", FieldErrors()).matches(labels)
        for policy in now.of(NETWORK_POLICY[1], NETWORK_POLICY[0])
        if policy["metadata"]["namespace"] == probe.service.namespace
        and "Ingress" in (spec_of(policy).get("policyTypes") or ["Ingress"])
        for labels in behind
    )
