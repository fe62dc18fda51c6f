"""The frame of an answer: the root message, the headline where there is no root, the footer."""

from __future__ import annotations

import pytest

from bot.actions.audit import AuditList
from bot.actions.request import Person
from bot.audit.service import AuditListing
from bot.clusters.lifecycle.results import ClusterBuilt, ClusterDeleting
from bot.common.problems import Problem, Refusal
from bot.slack import kit
from bot.slack.views import answers
from bot.slack.views.catalog import RESULTS
from tests.unit.slack.examples import audit
from tests.unit.slack.examples.requests import NOW, conclusion, request
from tests.unit.slack.rendering import text, words


def test_the_root_says_how_it_stands_and_who_asked() -> None:
    message = answers.root_message("✅ *done*", request())
    assert text(message) == "✅ done · asked by @U1"
    assert message.text == "✅ done"


def test_while_it_is_served_the_root_repeats_the_request() -> None:
    assert answers.working_line(AuditList()) == "⏳ *audit*"


def test_the_footer_names_who_where_and_the_reference() -> None:
    *_, last = answers.show_conclusion(conclusion(result=audit.page())).messages
    assert text(last).endswith("ana · shop · ref 7f3a · 0.8 s")


@pytest.mark.parametrize(
    ("changes", "footer"),
    [
        ({"seconds": 0.01}, "ana · shop · ref 7f3a"),
        ({"project": None}, "ana · ref 7f3a · 0.8 s"),
        ({"request": request(person=Person(id="U1"))}, "@U1 · shop · ref 7f3a · 0.8 s"),
    ],
)
def test_the_footer_leaves_out_what_is_not_known(changes: dict[str, object], footer: str) -> None:
    *_, last = answers.show_conclusion(conclusion(result=audit.page(), **changes)).messages
    assert text(last).endswith(footer)


def test_a_full_last_message_gets_its_footer_below(monkeypatch: pytest.MonkeyPatch) -> None:
    full = kit.messages("x", [kit.section("y")] * kit.BLOCKS_PER_MESSAGE)
    monkeypatch.setitem(
        RESULTS.results.by_type, AuditListing, lambda _: kit.Rendered(headline="x", messages=full)
    )
    first, last = answers.show_conclusion(conclusion(result=audit.page())).messages
    assert first == full[0] and text(last) == "ana · shop · ref 7f3a · 0.8 s"


def test_an_answer_that_is_a_headline_only_still_has_a_message_with_the_footer() -> None:
    [message] = answers.show_conclusion(conclusion(problem=Problem("It is gone."))).messages
    assert text(message) == "ana · shop · ref 7f3a · 0.8 s"
    assert message.text == "It is gone"


def test_without_a_root_the_headline_stands_on_top() -> None:
    rendered = kit.Rendered(headline="✅ *done*", messages=kit.messages("x", [kit.section("more")]))
    [message] = answers.with_headline(rendered)
    assert text(message) == "✅ done\nmore" and message.text == "✅ done"
    assert text(*answers.with_headline(kit.Rendered(headline="✅ *done*"))) == "✅ done"


def test_the_headline_of_a_full_message_is_a_message_of_its_own() -> None:
    full = kit.messages("x", [kit.section("y")] * kit.BLOCKS_PER_MESSAGE)
    first, second = answers.with_headline(kit.Rendered(headline="✅ *done*", messages=full))
    assert text(first) == "✅ done" and second == full[0]


def test_a_state_has_the_line_of_the_root_that_its_view_gives_it_or_the_first_of_its_message() -> None:
    deleting = ClusterDeleting(name="dev", status="", seconds=1.0, at=NOW)
    line = answers.state_root_line(deleting, answers.show_state(deleting))
    assert line == answers.own_root_line(deleting) == "⏳ *dev*: Magnum deletes it"
    built = ClusterBuilt(name="dev", nodes=3, masters=1, driver="calico", api_address="", seconds=60)
    assert answers.own_root_line(built) is None
    assert answers.state_root_line(built, answers.show_state(built)).startswith("⏳ 🧱 *dev* is built after")


def test_a_form_that_cannot_be_filled_says_why_and_what_to_do() -> None:
    refused = conclusion(problem=Refusal("There is no <x>", why="HTTP 404", fix="Look & see."))
    assert answers.problem_text(refused) == "🚫 *audit*: There is no &lt;x&gt;\nHTTP 404\nLook &amp; see."
    assert answers.problem_text(conclusion(result=audit.page())) == "Done."


def test_a_file_that_was_not_uploaded_is_named_with_the_way_out() -> None:
    file = kit.File(name="plan.md", title="Plan", content=b"")
    message = answers.show_failed_upload(file, Problem("x", why="not_in_channel", fix="Invite me."))
    assert words(message.blocks) == "📎 plan.md could not be uploaded: not_in_channel. Invite me."


def test_a_message_whose_end_stands_below_points_there() -> None:
    assert text(answers.pointer_below("✅ *done*")) == "✅ done · told below"
