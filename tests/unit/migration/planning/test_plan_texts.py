"""What approvers see of a plan, and the plan as a document."""

from __future__ import annotations

import dataclasses
from typing import Any

from bot.migration.planning.findings import Weight
from bot.migration.planning.plan import MigrationPlan, TimeEstimate
from bot.migration.planning.plan_document import plan_document
from bot.migration.planning.plan_proposal import MOST_WARNINGS, plan_proposal
from tests.unit.migration.builders import an, workload
from tests.unit.migration.planning.plans import plan

OPTIONS: dict[str, Any] = {"deploy": {"name": "new"}, "soak": 86_400.0}


PLAN = plan(workload(name="web"), an("ConfigMap", "settings"))


def changed(**fields: Any) -> MigrationPlan:
    return PLAN.model_copy(update=fields)


def test_approvers_see_what_is_deployed_copied_and_deleted_at_the_end() -> None:
    proposal = plan_proposal(changed(), OPTIONS)
    assert proposal.headline == "Migrate dev from flannel to calico"
    assert proposal.consequences[0].startswith("new is deployed: ")
    assert proposal.consequences[1].endswith("left out (reasons in the file)")
    assert proposal.consequences[-1] == (
        "dev is deleted only after it has served for 24 h and a decision by name"
    )


def test_an_existing_target_is_moved_into() -> None:
    base = changed()
    target = dataclasses.replace(base.target, id="u2")
    proposal = plan_proposal(changed(target=target), OPTIONS)
    assert proposal.consequences[0] == "everything moves into new, which is there already"


def test_a_decision_is_bound_to_the_plan_and_to_the_order_of_the_new_cluster() -> None:
    proposal = plan_proposal(changed(), OPTIONS)
    assert proposal.bound == {"plan": changed().bound(), "deploy": {"name": "new"}}
    assert (proposal.kind, proposal.target, proposal.target_id) == ("migrate.start", "dev", "u1")
    [document] = proposal.documents
    assert document.name == "plan-dev.md" and document.text == plan_document(changed())


def test_early_workloads_are_said_to_run_on_both_sides() -> None:
    lines = plan_proposal(changed(early=("shop/web",)), OPTIONS).consequences
    assert "runs on both sides from the copy on: shop/web" in lines


def test_durations_are_said_as_coarsely_as_they_are_guessed() -> None:
    estimate = TimeEstimate(deploy=(0, 0), copy=(5, 60), outage=(50, 420))
    [line] = [
        line
        for line in plan_proposal(changed(estimate=estimate), OPTIONS).consequences
        if "(guesses)" in line
    ]
    assert line == "about no time to deploy, 5 to 60 s to copy, 1 to 7 min of outage (guesses)"


def test_a_card_shows_some_warnings_and_how_many_more_the_file_has() -> None:
    warning = dataclasses.replace(
        changed().findings[0], weight=Weight.WARNING, what="w", why="because", fix=""
    )
    proposal = plan_proposal(changed(findings=(warning,) * (MOST_WARNINGS + 2)), OPTIONS)
    assert proposal.warnings[0] == "w: because" and len(proposal.warnings) == MOST_WARNINGS + 1
    assert proposal.warnings[-1] == "and 2 more warnings, all in the file"


def test_the_document_has_a_section_for_everything_that_the_plan_holds() -> None:
    document = plan_document(changed())
    headings = [line.partition(":")[0] for line in document.splitlines() if line.startswith("#")]
    assert headings == [
        "# Plan",
        "## Copied",
        "## Left out",
        "## Volumes",
        "## Load balancers",
        "## Network",
        "## Findings",
    ]
    assert "| ConfigMap shop/settings | copied | not | " in document
    assert "| object | when | waits as | digest |\n|---|---|---|---|\n" in document


def test_a_cell_and_a_finding_stay_on_one_line() -> None:
    base = changed()
    left_out = tuple(
        dataclasses.replace(excluded, why="a|b\nc")
        for excluded in plan(an("Secret", "t", type="kubernetes.io/service-account-token")).left
    )
    finding = dataclasses.replace(base.findings[0], what="one\ntwo", why="why", fix="fix")
    document = plan_document(changed(left=left_out, findings=(finding,)))
    assert "one; two — why; fix" in document
    assert "a|b" not in document and (not left_out or "| a/b c |" in document)
