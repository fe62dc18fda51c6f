"""`xk8s reach`: who may connect to whom in folders of manifests, without a cluster, for pull requests.

Connections go to the standard output, and what a person should know about them to the standard error.
"""

import sys
from collections.abc import Iterable, Sequence

import click

from bot.policy import formats
from bot.policy.formats import OutputFormat
from bot.policy.manifests import cluster
from bot.policy.manifests.cluster import ManifestCluster
from bot.policy.reach.aggregation import GroupLevel
from bot.policy.reach.allowed_connections import list_allowed_connections
from bot.policy.reach.difference import compare_states
from bot.policy.reach.engine import compute

CHANGED = 1


def run(paths: Sequence[str], *, level: GroupLevel, form: OutputFormat) -> int:
    """Print the connections that are allowed, and return 0. Raises `InvalidManifestFiles`."""
    manifests = cluster.read_cluster(paths)
    _warn(manifests)
    _print(
        formats.format_connections(
            list_allowed_connections(compute(manifests.cluster), level),
            form,
            not_computed=manifests.other_policies,
        )
    )
    return 0


def run_difference(before: str, after: str, *, level: GroupLevel, form: OutputFormat) -> int:
    """Print what closes and opens; return 0 if nothing does, else 1. Raises `InvalidManifestFiles`."""
    old, new = cluster.read_cluster([before]), cluster.read_cluster([after])
    _warn(old, f"{before}: ")
    _warn(new, f"{after}: ")
    changes = compare_states(compute(old.cluster), compute(new.cluster), level)
    _print(
        formats.format_changes(changes, form, not_computed=sorted({*old.other_policies, *new.other_policies}))
    )
    for lost in changes.loses_dns:
        click.echo(f"warning: {lost.pod} loses DNS ({', '.join(lost.protocols)} 53 to kube-system)", err=True)
    if changes.nothing_changes:
        click.echo("nothing changes", err=True)
    return 0 if changes.nothing_changes else CHANGED


def _warn(manifests: ManifestCluster, prefix: str = "") -> None:
    if manifests.incomplete:
        click.echo(
            f"warning: {prefix}incomplete, these are not computed: {', '.join(manifests.other_policies)}",
            err=True,
        )
    for note in manifests.notes:
        click.echo(f"note: {prefix}{note}", err=True)


def _print(lines: Iterable[str]) -> None:
    """Print without flushing every line, as `click.echo` does: there may be millions."""
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()
