"""What a change is going to do, before it is done: what approvers are shown, and what their decision is bound
to.

A service that makes a change which may need an approval has a second function beside it that proposes the
change and only reads. The same proposal is made again right before the effect, and its digest must still be
the approved one.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

from bot.actions.action import Action
from bot.actions.service import Context


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProposalDocument:
    """A text that is too long for a message: it goes into the thread as a file."""

    name: str
    title: str
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Proposal:
    """One change, as people read it and as an approval is bound to it.

    `kind` is the name by which `approvals.required` asks for a decision (`cluster.delete`,
    `policy.production`, …); a kind that is not listed there needs none. `bound` is JSON and holds what the
    decision depends on (a spec, uid and resourceVersion, connections that change), never status, counts of
    what runs, or times.
    """

    kind: str
    headline: str  # one line: what will happen, on what
    consequences: tuple[str, ...] = ()  # what will be true afterwards, one line each
    warnings: tuple[str, ...] = ()  # what an approver must see first
    target: str = ""  # the name that people know
    target_id: str = ""  # its UUID
    bound: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    typed: str = ""  # what an approver must type to approve; empty: a click is enough
    destructive: bool = False
    documents: tuple[ProposalDocument, ...] = ()  # for people; nothing is bound to them

    def bound_to(self, action: Action) -> dict[str, Any]:
        """Return everything that a decision over this change of an action is bound to, as JSON."""
        return {**action.encode(), "target": self.target_id, "bound": dict(self.bound)}


class Propose(Protocol):
    """Says what an action is going to do, without doing it. Raises `Problem`."""

    def __call__(self, action: Any, context: Context, /) -> Proposal: ...
