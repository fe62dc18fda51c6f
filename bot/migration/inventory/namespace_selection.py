"""Which namespaces are migrated: a team's, and never those that belong to the cluster itself."""

from collections.abc import Iterable, Sequence

from bot.common.problems import Refusal
from bot.drivers.catalog import profiles

SYSTEM = ("kube-system", "kube-public", "kube-node-lease")


class UnknownNamespace(Refusal):
    """A namespace that was asked for does not exist, or is never migrated."""


def system_namespaces() -> frozenset[str]:
    """Return the namespaces that every cluster has of its own: Kubernetes', and those of each driver."""
    return frozenset(SYSTEM).union(*(profile.namespaces for profile in profiles()))


def select_namespaces(existing: Iterable[str], requested: Sequence[str]) -> tuple[str, ...]:
    """Return the namespaces to migrate: those that were asked for, or all but the system's.

    Raises `UnknownNamespace` for one that does not exist, or is the system's.
    """
    present, system = set(existing), system_namespaces()
    for name in requested:
        if name in system:
            raise UnknownNamespace(
                f"The namespace {name} is not migrated",
                why="it belongs to the cluster itself, and the new one has its own",
                fix="Leave it out of `--namespaces`.",
            )
        if name not in present:
            raise UnknownNamespace(
                f"There is no namespace {name}",
                why=f"there are {', '.join(sorted(present - system))}",
                fix="Correct `--namespaces`.",
            )
    return tuple(sorted(set(requested) or present - system))
