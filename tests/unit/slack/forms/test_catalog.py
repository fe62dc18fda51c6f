"""Forms are found by the action that opens them, the result they show, and the name of a submission."""

from __future__ import annotations

import pytest
from slack_sdk.models.views import View

from bot.access.approval_service import DecisionForm
from bot.actions.action import Action
from bot.actions.approvals import ApprovalDecide, ApprovalForm
from bot.actions.audit import AuditList
from bot.actions.policies import PolicyApply, PolicyPreview
from bot.actions.request import OfferId
from bot.actions.templates import TemplateCreate
from bot.clusters.templates.results import TemplateForm
from bot.policy.results import PolicyForm
from bot.slack.forms import catalog
from sandbox.slack.block_kit import check_view
from tests.unit.slack.examples.approvals import approval
from tests.unit.slack.examples.policies import action
from tests.unit.slack.examples.requests import OPERATION
from tests.unit.slack.examples.templates import CALICO, defaults

LACKS_YAML = PolicyPreview(cluster="c", namespace="shop", yaml=True)
RESULTS: list[
    tuple[object, Action, Action]
] = [  # the result, what asked for it, what its submission stands for
    (TemplateForm(project="shop", defaults=defaults()), TemplateCreate(), TemplateCreate()),
    (PolicyForm(action=LACKS_YAML, cluster="c", namespace="shop"), LACKS_YAML, LACKS_YAML),
    (
        DecisionForm(approval=approval(), approve=False),
        ApprovalForm(approval="abcdef", approve=False, project="shop"),
        ApprovalDecide(approval="abcdef", approve=False, project="shop"),
    ),
]


def test_every_form_beside_the_catalogue_is_found() -> None:
    assert sorted(form.name for form in catalog.FORMS) == ["", "decision", "policy"]


@pytest.mark.parametrize(
    ("typed", "opens"),
    [
        (ApprovalForm(approval="abcdef", approve=True), True),
        (TemplateCreate(), True),
        (TemplateCreate(driver=CALICO), False),
        (LACKS_YAML, True),
        (PolicyApply(cluster="c", namespace="shop", yaml=True), True),
        (LACKS_YAML.model_copy(update={"manifest": "x"}), False),
        (action(), False),
        (AuditList(), False),
    ],
)
def test_words_that_lack_something_open_a_form_and_others_do_not(typed: Action, opens: bool) -> None:
    assert catalog.opens_form(typed) is opens


@pytest.mark.parametrize(("result", "typed", "offered"), RESULTS)
def test_a_result_is_shown_as_its_form_which_offers_what_was_asked_for(
    result: object, typed: Action, offered: Action
) -> None:
    form = catalog.form_of(result, typed)
    assert form is not None and form.action == offered
    view = form.view(OPERATION, OfferId("offer-1"))
    check_view(view)
    View(**view).validate_json()
    assert (view["external_id"], view["private_metadata"]) == (OPERATION, "offer-1")


def test_any_other_result_is_no_form() -> None:
    assert catalog.form_of("done", TemplateCreate()) is None


@pytest.mark.parametrize(
    ("callback_id", "values", "wrong"),
    [
        ("xk8s.form", {"pool": "10.0.0.0/99"}, ["pool"]),
        ("xk8s.form.policy", {"manifest": ""}, ["manifest"]),
        ("xk8s.form.decision", {"not_before": "soon"}, ["not_before"]),
        ("xk8s.form.unknown", {"pool": "10.0.0.0/99"}, []),
    ],
)
def test_values_are_checked_by_the_form_they_were_submitted_under(
    callback_id: str, values: dict[str, str], wrong: list[str]
) -> None:
    assert list(catalog.form_errors(callback_id, values)) == wrong


def test_values_fill_the_action_that_was_offered() -> None:
    assert catalog.filled_action(TemplateCreate(), {"driver": "calico"}) == TemplateCreate(driver=CALICO)
    with pytest.raises(ValueError, match=r"audit\.list has no form"):
        catalog.filled_action(AuditList(), {})
