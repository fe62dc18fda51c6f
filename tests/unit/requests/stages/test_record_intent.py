"""Nothing is done that is not in the audit log."""

from __future__ import annotations

from bot.actions.help_words import Help
from bot.requests.stages.record_intent import record_intent
from tests.unit.requests.exchanges import AuditTable, audit_log, exchange, ports


def test_the_intent_is_written_and_a_later_attempt_knows_of_it() -> None:
    table = AuditTable()
    first, second = exchange(project="shop"), exchange(project="shop", attempt=2)
    for subject in (first, second):
        record_intent(subject, ports(audit=audit_log(table)))
        assert subject.intent is not None and subject.intent.project == "shop"
    assert (first.resumed, second.resumed) == (False, True)
    assert table.phases() == [("intent", "")]


def test_an_intent_that_cannot_be_written_ends_the_exchange() -> None:
    table = AuditTable()
    table.broken = True
    subject = exchange()
    record_intent(subject, ports(audit=audit_log(table)))
    assert subject.problem is not None and "so nothing is done" in subject.problem.what
    assert subject.intent is None


def test_talk_is_not_audited() -> None:
    table = AuditTable()
    subject = exchange(Help())
    record_intent(subject, ports(audit=audit_log(table)))
    assert table.events == [] and subject.intent is None and not subject.settled
