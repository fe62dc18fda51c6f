"""Baselines and faults, for the tests of the checks."""

from __future__ import annotations

from typing import Any

from bot.migration.inventory.baseline import Baseline, RunningWorkload
from bot.migration.objects.fields import Ref


def baseline(*running: RunningWorkload, **counts: int) -> Baseline:
    endpoints = tuple((Ref("", "Service", "shop", name), count) for name, count in counts.items())
    return Baseline(running=running, endpoints=endpoints)


def faults(result: Any) -> list[str]:
    return [str(fault) for fault in result.faults]
