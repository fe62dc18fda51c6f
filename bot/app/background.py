"""The workers of a serving process that look after something beside the requests."""

from __future__ import annotations

from datetime import timedelta

from bot.app.access_rules import approval_rules
from bot.app.clock import utc_now
from bot.app.durable import DurableWork
from bot.app.slack_parts import SlackParts
from bot.app.wiring import Core
from bot.audit.head_signer import HeadSigner
from bot.common.worker import CountFailure
from bot.requests.answer import answer_for
from bot.requests.approval_expiry import ApprovalExpiry
from bot.requests.approval_outbox import ApprovalOutbox
from bot.requests.progress_reporter import ProgressReporter
from bot.requests.recovery import Recovery
from bot.requests.worker_pool import WorkerPool
from bot.slack.recovered_requests import RecoveredRequests
from storage.approvals import ApprovalRepository
from storage.audit_chain import AuditChain
from storage.inbox import InboxRepository


class BackgroundWorkers:
    """Recovery, the audit chain's head, approvals, and durable work."""

    def __init__(
        self, core: Core, slack: SlackParts, pool: WorkerPool, *, replica: str, count_failure: CountFailure
    ) -> None:
        self._core = core
        self._slack = slack
        self._pool = pool
        self._count_failure = count_failure
        self.recovery = Recovery(
            core.audit,
            readers=core.readers,
            is_open=InboxRepository(core.database).is_open,
            tell=RecoveredRequests(slack.outbox).tell,
            now=utc_now,
            count_failure=count_failure,
        )
        self.head_signer = self._make_head_signer()
        self.approval_outbox = self._make_approval_outbox()
        self.approval_expiry = ApprovalExpiry(
            ApprovalRepository(core.database),
            changed=self.approval_changed,
            now=utc_now,
            count_failure=count_failure,
        )
        self.durable = self._make_durable(replica)

    def approval_changed(self) -> None:
        """Look at once: an effect may be in the inbox, and people must see the new state."""
        self._pool.wake()
        self.approval_outbox.wake()

    def _make_head_signer(self) -> HeadSigner:
        def anchor() -> tuple[str | None, timedelta]:
            audit = self._core.holder.now.configuration.audit
            return audit.anchor_channel, audit.anchor_every

        return HeadSigner(
            AuditChain(self._core.database),
            self._core.keyring,
            post=self._slack.anchors.post,
            anchor=anchor,
            now=utc_now,
            count_failure=self._count_failure,
        )

    def _make_approval_outbox(self) -> ApprovalOutbox:
        return ApprovalOutbox(
            ApprovalRepository(self._core.database),
            self._slack.approval_cards(self._core),
            remind=lambda: approval_rules(self._core.holder.now.configuration).remind,
            now=utc_now,
            count_failure=self._count_failure,
        )

    def _make_durable(self, replica: str) -> DurableWork:
        reporter = ProgressReporter(
            self._core.continuations,
            answer=lambda request: answer_for(request, self._slack.answer),
            wake=self._pool.wake,
            now=utc_now,
        )
        return DurableWork(self._core, replica=replica, reporter=reporter, count_failure=self._count_failure)
