"""The pages of the audit log, and what verifying its chain has found."""

from __future__ import annotations

import dataclasses

import pytest

from bot.actions.audit import AuditList
from bot.audit.chain import Break, ChainReport
from bot.audit.service import AuditVerified
from bot.slack.views import audit as views
from storage.audit_chain import Signature
from tests.unit.slack.examples import audit
from tests.unit.slack.examples.requests import NOW
from tests.unit.slack.rendering import buttons, text

EVENT = audit.event(actor_name="ana", target="k8s-calico", detail="no quota", outcome="failed")


def test_an_event_is_one_line_with_who_what_and_how_it_ended() -> None:
    page_text = text(*views.show_page(audit.page(EVENT)).messages)
    assert page_text.startswith(
        "❌ 2026-11-24 09:00 UTC ana template create k8s-calico · 0.8 s · ref 7f3a · no quota"
    )


@pytest.mark.parametrize(
    ("number", "offered"), [(1, {"Older": 2}), (2, {"Newer": 1, "Older": 3}), (3, {"Newer": 2})]
)
def test_a_page_offers_those_beside_it(number: int, offered: dict[str, int]) -> None:
    rendered = views.show_page(audit.page(EVENT, number=number))
    actions = {label: button.action for label, button in buttons(*rendered.messages).items()}
    assert actions == {label: AuditList(page=page) for label, page in offered.items()}
    assert f"page {number} of 3" in rendered.headline


def test_an_empty_page_says_how_to_see_everything() -> None:
    rendered = views.show_page(audit.page(number=1, pages=1, own=True))
    assert rendered.headline == "📜 0 your events · page 1 of 1"
    assert text(*rendered.messages) == "Nothing fits. Without filters: /xk8s audit"


def chain(**changes: object) -> ChainReport:
    healthy = dataclasses.replace(audit.chain_report(), anchors=None, unknown_keys=(), begins_after=0)
    return dataclasses.replace(healthy, **changes)  # type: ignore[arg-type]


def verdict(report: ChainReport) -> str:
    return views.show_verification(AuditVerified(report=report, anchored=True)).headline


def test_the_verdict_names_the_worst_that_was_found() -> None:
    assert verdict(chain()) == "✅ *The audit chain holds*: 12,345 events"
    assert verdict(chain(signed=None)).startswith("⚠️ *The audit chain holds, unsigned*")
    lost = audit.chain_report(lost=1)
    assert verdict(lost).startswith("❌ *The audit log is not what was posted*: event 1:")
    broken = dataclasses.replace(lost, broken=Break(position=77, what="its hash is another"))
    assert verdict(broken) == "❌ *The audit log was changed*: event 77: its hash is another"


def facts(report: ChainReport, *, anchored: bool = True) -> str:
    return text(*views.show_verification(AuditVerified(report=report, anchored=anchored)).messages)


def test_the_signature_is_dated_and_many_unsigned_events_are_a_warning() -> None:
    signed = Signature(position=345, hash="a" * 64, at=NOW, key="f" * 12, signature="b" * 64)
    assert facts(chain()).startswith("🔏 Last signed head: event 13,000")
    assert facts(chain(signed=signed)).startswith("⚠️ Last signed head: event 345")


def test_a_chain_without_a_signature_says_what_that_means() -> None:
    assert "no head was signed yet" in facts(chain(signed=None))
    assert "XK8S_AUDIT_KEY is not set" in facts(chain(signed=None, keys=False))


def test_posted_heads_are_counted_and_those_that_are_not_in_the_chain_are_named() -> None:
    report = audit.chain_report(lost=12)
    report_text = facts(report)
    assert "⚓ 288 of 300 posted heads are in the chain" in report_text
    assert report_text.count("❌ Event") == 10, "the first ten"
    assert "⚓" not in facts(report, anchored=False)
    assert "No head of these events was posted yet" in facts(chain(anchors=()))


def test_sealed_events_and_unknown_keys_are_said() -> None:
    report_text = facts(audit.chain_report())
    assert "Events up to 1,000 are sealed in a file" in report_text
    assert "Signatures by 0a1b2c3d4e5f were not checked" in report_text


def test_a_broken_chain_says_what_to_keep() -> None:
    broken = Break(position=77, what="x")
    assert "Keep the database as it is" in facts(audit.chain_report(broken=broken))
    assert "Keep the database as it is" not in facts(chain())


def test_a_posted_head_begins_with_the_words_by_which_it_is_read_back() -> None:
    message = views.show_anchor("13000:" + "a" * 64)
    assert message.text == views.ANCHOR + "13000:" + "a" * 64
    assert text(message).startswith("⚓ Audit chain: 13000:aaa")
