"""Percentiles, ratios and how they are printed."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True, kw_only=True)
class Latency:
    """Median and 99th percentile, in milliseconds."""

    p50: float
    p99: float

    def __str__(self) -> str:
        return f"p50 {self.p50:.1f} ms, p99 {self.p99:.1f} ms"


def latency(seconds: Sequence[float]) -> Latency:
    """Percentiles of measured seconds."""
    ordered = sorted(seconds)
    return Latency(
        p50=1000 * statistics.median(ordered),
        p99=1000 * ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
    )


def median_of(runs: Sequence[Latency]) -> Latency:
    """The median of several runs, figure by figure."""
    return Latency(
        p50=statistics.median(run.p50 for run in runs), p99=statistics.median(run.p99 for run in runs)
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """One measured figure and the bound it is held against."""

    title: str
    figure: str
    bound: str
    bound_kept: bool

    def __str__(self) -> str:
        return f"{'ok  ' if self.bound_kept else 'OVER'}  {self.title}: {self.figure} (bound: {self.bound})"


def ratio(title: str, ours: float, theirs: float, bound: float) -> Line:
    """Hold ours over theirs against a bound."""
    quotient = ours / theirs
    return Line(
        title=title,
        figure=f"{quotient:.2f} ({ours:.1f} against {theirs:.1f})",
        bound=f"at most {bound}",
        bound_kept=quotient <= bound,
    )
