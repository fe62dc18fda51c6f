"""Baselines and faults, for the tests of the checks."""

from __future__ import annotations

from typing import Any

from bot.migration.inventory.baseline import Baseline, RunningWorkload
from bot.migration.objects.manifest import Ref


def baseline(*running: RunningWorkload, **counts: int) -> Baseline:
    found = tuple((Ref("", "Service", "shop", name), count) for name, count in counts.items())
    return Baseline(running=running, endpoints=found)


def faults(found: Any) -> list[str]:
    return [str(each) for each in found.faults]
