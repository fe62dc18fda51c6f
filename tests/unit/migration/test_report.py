"""The final report: everything is in it, and no secret."""

from __future__ import annotations

from bot.migration.comparing import Comparison, Count, Difference
from bot.migration.modes import Mode
from bot.migration.objects import Ref
from bot.migration.report import Event, Report, text
from bot.migration.traffic.opening import NewAddress
from bot.migration.writing import Action, Written
from tests.unit.migration.build import an, workload
from tests.unit.migration.test_planning import plan

SETTINGS = Ref("", "ConfigMap", "shop", "settings")


def report() -> Report:
    made = plan(
        workload(name="web"),
        an("ConfigMap", "settings"),
        an("Node", "n1"),
        an("Secret", "s", data={"p": "aHVudGVyMg=="}),
    )
    return Report(
        plan=made,
        events=(Event(at="2026-11-25T20:00:00Z", what="plan approved", by="@bo"),),
        written=(
            Written(ref=SETTINGS, action=Action.CREATED, uid="u-1", digest="d"),
            Written(ref=SETTINGS, action=Action.CONFLICT, why="owned by somebody"),
        ),
        comparison=Comparison(
            counts=(Count(namespace="shop", kind="ConfigMap", planned=1, found=1),),
            equal=1,
            differences=(Difference(ref=SETTINGS, what="data.k differ"),),
        ),
        addresses=(
            NewAddress(
                service=Ref("", "Service", "shop", "web"), before=("203.0.113.7",), after=("203.0.113.9",)
            ),
        ),
        deleted=("cluster dev (uuid u1)",),
    )


def test_the_file_says_what_was_copied_left_out_compared_moved_and_deleted() -> None:
    said = text(report())
    for line in (
        "2026-11-25T20:00:00Z  plan approved  @bo",
        "ConfigMap shop/settings  created  uid u-1",
        "ConfigMap shop/settings  conflict  uid –  owned by somebody",
        "Node n1  per cluster: it describes this cluster",
        "compared: 1 equal, 1 difference",
        "ConfigMap shop/settings  data.k differ",
        "shop/web  203.0.113.7 → 203.0.113.9",
        "deleted with the old cluster",
        "cluster dev (uuid u1)",
    ):
        assert line in said
    assert "aHVudGVyMg" not in said


def test_what_has_not_happened_is_not_mentioned() -> None:
    said = text(Report(plan=plan(workload())))
    assert "commands in pods" not in said and "deleted" not in said and "compared" not in said


def test_a_report_comes_back_from_json() -> None:
    made = report()
    assert Report.model_validate_json(made.model_dump_json()) == made
    assert made.plan.in_mode(Mode.AT_CUT_OVER)
