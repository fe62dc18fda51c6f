"""The head is signed as it grows and posted on time, by one replica, whoever it is."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr

from bot.audit.head_signer import HeadSigner
from bot.audit.signatures import Keyring, WeakAuditKey
from bot.audit.trail import BadAnchor, Posted, anchor_text, pasted_anchor
from bot.common.problems import Problem
from storage.audit_chain import Head
from tests.contract.audit.conftest import KEY, NOW, Ledger


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **span: float) -> None:
        self.now += timedelta(**span)


class Channel:
    """What was posted."""

    def __init__(self) -> None:
        self.heads: list[Head] = []
        self.down = False

    def __call__(self, channel: str, head: Head, at: datetime) -> str:
        if self.down:
            raise Problem("Slack did not answer")
        self.heads.append(head)
        return f"{len(self.heads)}.0"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def channel() -> Channel:
    return Channel()


def keeper(
    ledger: Ledger, clock: Clock, channel: Channel, *, key: SecretStr | None = KEY, every: float = 60
) -> HeadSigner:
    return HeadSigner(
        ledger.chain,
        Keyring(key),
        post=channel,
        anchor=lambda: ("C0AUDIT", timedelta(minutes=every)),
        now=clock,
    )


def test_a_head_is_signed_ten_seconds_after_the_last_and_only_if_it_grew(
    ledger: Ledger, clock: Clock, channel: Channel
) -> None:
    signer = keeper(ledger, clock, channel)
    assert signer.sign() is False, "there is nothing yet"
    ledger.write(1)
    assert signer.sign() is True
    ledger.write(1, first=2)
    clock.passes(seconds=9)
    assert signer.sign() is False
    clock.passes(seconds=1)
    assert signer.sign() is True
    clock.passes(seconds=60)
    assert signer.sign() is False
    assert [signature.position for signature in ledger.chain.signatures(until=99)] == [2, 4]
    assert ledger.trail().verify().unsigned == 0


def test_a_thousand_events_are_not_kept_waiting(
    ledger: Ledger, clock: Clock, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.audit.head_signer.EVENTS", 4)
    signer = keeper(ledger, clock, channel)
    ledger.write(1)
    signer.sign()
    ledger.write(1, first=2)
    assert signer.sign() is False
    ledger.write(1, first=3)
    assert signer.sign() is True


def test_two_replicas_sign_a_head_once_and_the_second_knows_of_the_first(
    ledger: Ledger, clock: Clock, channel: Channel
) -> None:
    first, second = keeper(ledger, clock, channel), keeper(ledger, clock, channel)
    ledger.write(1)
    assert (first.sign(), second.sign()) == (True, False)
    ledger.write(1, first=2)
    clock.passes(seconds=10)
    assert (second.sign(), first.sign()) == (True, False)
    assert ledger.chain.store_signature(Keyring(KEY).sign(ledger.chain.head(), at=NOW)) is False


def test_without_a_key_nothing_is_signed_and_a_weak_one_is_refused(
    ledger: Ledger, clock: Clock, channel: Channel
) -> None:
    ledger.write(1)
    assert keeper(ledger, clock, channel, key=None).sign(force=True) is False
    with pytest.raises(WeakAuditKey):
        Keyring(SecretStr("short"))


def test_a_rotated_key_goes_on_and_the_old_one_still_checks(
    ledger: Ledger, clock: Clock, channel: Channel
) -> None:
    ledger.write(1)
    keeper(ledger, clock, channel).sign()
    both = SecretStr(f"{'n' * 40},{KEY.get_secret_value()}")
    ledger.write(1, first=2)
    clock.passes(seconds=10)
    assert keeper(ledger, clock, channel, key=both).sign() is True
    assert len({signature.key for signature in ledger.chain.signatures(until=99)}) == 2
    report = ledger.trail(both).verify()
    assert report.unsigned == 0 and report.unknown_keys == ()
    report_without_old_key = ledger.trail(SecretStr("n" * 40)).verify()
    assert report_without_old_key.shortfall == "" and len(report_without_old_key.unknown_keys) == 1


def test_the_key_itself_is_nowhere_in_the_database(ledger: Ledger, clock: Clock, channel: Channel) -> None:
    ledger.write(1)
    keeper(ledger, clock, channel).sign()
    stored = [str(vars(signature)) for signature in ledger.chain.signatures(until=99)]
    assert stored and not any(KEY.get_secret_value() in text for text in stored)


def test_an_anchor_is_posted_when_it_is_due_by_one_replica(
    ledger: Ledger, clock: Clock, channel: Channel
) -> None:
    first, second = keeper(ledger, clock, channel), keeper(ledger, clock, channel)
    assert first.anchor() is False, "an empty log is not posted"
    ledger.write(1)
    assert (first.anchor(), second.anchor()) == (True, False)
    ledger.write(1, first=2)
    clock.passes(minutes=59)
    assert (first.anchor(), second.anchor()) == (False, False)
    clock.passes(minutes=1)
    assert (second.anchor(), first.anchor()) == (True, False)
    clock.passes(minutes=60)
    assert first.anchor() is False, "it did not grow"
    assert [head.position for head in channel.heads] == [2, 4]
    report = ledger.trail().verify([Posted(head=head) for head in channel.heads])
    assert report.anchors is not None and all(anchor.holds for anchor in report.anchors)


def test_a_post_that_failed_is_tried_again_but_not_every_second(
    ledger: Ledger, clock: Clock, channel: Channel
) -> None:
    signer = keeper(ledger, clock, channel)
    ledger.write(1)
    channel.down = True
    with pytest.raises(Problem):
        signer.anchor()
    assert signer.anchor() is False
    channel.down = False
    clock.passes(minutes=5)
    assert signer.anchor() is True


def test_what_is_pasted_is_a_whole_head_or_refused() -> None:
    head = Head(position=12, hash="ab" * 32)
    assert pasted_anchor(f"`{anchor_text(head)}`").head == head
    for text in ("12", "12:abc", f"{anchor_text(head)} {anchor_text(head)}"):
        with pytest.raises(BadAnchor):
            pasted_anchor(text)
