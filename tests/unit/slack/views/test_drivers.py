"""The drivers side by side, and one of them."""

from __future__ import annotations

from bot.actions.templates import TemplateCreate
from bot.clusters.driver_comparison import DriverComparison
from bot.drivers.catalog import profile, profiles
from bot.slack.views.drivers import show_comparison
from tests.unit.slack.examples.templates import CALICO, FLANNEL
from tests.unit.slack.rendering import buttons, text


def test_all_drivers_stand_side_by_side_with_a_button_for_each() -> None:
    rendered = show_comparison(DriverComparison(profiles=profiles(), one=None))
    assert rendered.headline == "📚 *Calico and Flannel* side by side"
    table = rendered.messages[0].blocks[0]
    assert [cell["text"] for cell in table["rows"][0]] == ["–", "Calico", "Flannel"]
    assert [row[0]["text"] for row in table["rows"][1:]] == [
        "NetworkPolicy",
        "Performance and data path",
        "Encryption",
        "Recommended for",
    ]
    offered = buttons(*rendered.messages)
    assert offered["Create a Calico template"].action == TemplateCreate(driver=CALICO)
    assert [button.style for button in offered.values()] == ["primary", None], "the first one is suggested"


def test_one_driver_is_shown_with_its_warning_and_the_way_to_the_others() -> None:
    rendered = show_comparison(DriverComparison(profiles=profiles(), one=profile(FLANNEL)))
    answer_text = text(*rendered.messages)
    assert rendered.headline.startswith("📚 *Flannel*: for ")
    assert answer_text.index("⚠️") < answer_text.index("cannot be changed after a cluster is deployed")
    assert "Side by side: /xk8s driver list" in answer_text
    assert list(buttons(*rendered.messages)) == ["Create a Flannel template"]
