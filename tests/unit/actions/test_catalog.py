"""Every action there is, in the order of the help."""

from __future__ import annotations

from bot.actions.action import Action
from bot.actions.catalog import ACTIONS, BY_BUTTON, BY_PATH, TOPICS


def test_every_action_of_the_product_is_listed_once() -> None:
    listed = [action.name for action in (*ACTIONS, *BY_BUTTON)]
    registered = [name for name, kind in Action.registered().items() if kind.__module__.startswith("bot.")]
    assert sorted(listed) == sorted(registered) and len(set(listed)) == len(listed)


def test_topics_stand_in_the_order_of_their_subjects() -> None:
    assert (
        *("help", "whoami", "driver", "template", "cluster", "verify", "diagnose", "watch"),
        *("policy", "migrate", "approvals", "audit"),
    ) == TOPICS


def test_the_words_of_an_action_are_those_of_its_name_unless_it_says_others() -> None:
    renamed = {action.path: action.name for action in ACTIONS if ".".join(action.path) != action.name}
    assert renamed == {
        ("watch",): "watch.start",
        ("migrate",): "migrate.start",
        ("approvals",): "approvals.list",
        ("audit",): "audit.list",
    }


def test_what_a_button_alone_can_do_has_no_words() -> None:
    assert {action.name for action in BY_BUTTON} == {"approvals.form", "approvals.decide"}
    assert not {action.path for action in BY_BUTTON} & BY_PATH.keys()


def test_the_help_says_the_first_paragraph_of_the_docstring() -> None:
    assert BY_PATH["policy", "reach"].summary == "can A reach B, and which rule says so"
    assert all(action.summary and action.example for action in ACTIONS)
