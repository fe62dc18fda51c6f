"""What the page needs to show faults and to switch them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Protocol


@dataclasses.dataclass(frozen=True, kw_only=True)
class FaultSwitch:
    """One fault on the page; `nodes` are those it can happen on, `node` the one that is selected."""

    id: str
    title: str
    explanation: str
    on: bool
    nodes: Sequence[str] = ()
    node: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class FaultGroup:
    """The faults of one part of the sandbox."""

    title: str
    faults: Sequence[FaultSwitch]


class FaultPanel(Protocol):
    """All faults that can be switched."""

    def groups(self) -> Sequence[FaultGroup]: ...

    async def switch(self, fault: str, on: bool, node: str) -> None: ...


class NoFaults:
    """The panel of a workspace that stands alone."""

    def groups(self) -> Sequence[FaultGroup]:
        """Return no groups, so that the page shows none."""
        return ()

    async def switch(self, fault: str, on: bool, node: str) -> None:
        """Do nothing: there is no fault to switch."""
