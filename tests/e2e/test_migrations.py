"""A cluster moves to another driver in front of everybody: planned, decided over three times, and back
if wanted.
"""

from __future__ import annotations

import pathlib

import pytest

from sandbox.kube import workloads
from tests.e2e.migration_journey import KEPT, SMALL, WORDS, Movers, migration_of, moving_house

pytestmark = pytest.mark.timeout(300)


def cut_over(movers: Movers, words: str = WORDS) -> str:
    """A migration up to its soak; returns its id."""
    movers.begins(f"{words} --soak 1h")
    card = movers.says("the copy in dev-eu-calico compared equal")
    movers.approves("Cut over")
    movers.says("objects as planned")
    return migration_of(card)


def outside(movers: Movers) -> dict[str, str]:
    """Where each public address of a load balancer leads."""
    network = movers.office.sandbox.infrastructure.network
    return {floating.address: floating.port for floating in network.floating_ips.values() if floating.port}


def test_a_team_moves_from_flannel_to_calico_and_back(tmp_path: pathlib.Path) -> None:
    with moving_house(tmp_path, sets=workloads.MIGRATION) as (office, _bots):
        movers = Movers(office)
        before = movers.pods("dev-eu")
        assert len(before) >= 14
        disks = set(office.sandbox.infrastructure.storage.volumes)
        _moves(movers, f"{WORDS} --soak 1s", "dev-eu", "dev-eu-calico")
        assert movers.pods("dev-eu-calico") == before
        assert set(office.sandbox.infrastructure.storage.volumes) == disks, "disks move, none is made or lost"
        _moves(
            movers,
            "migrate dev-eu-calico --to flannel --volumes reattach --soak 1s",
            "dev-eu-calico",
            "dev-eu-flannel",
        )
        assert movers.pods("dev-eu-flannel") == before
        assert set(office.sandbox.infrastructure.storage.volumes) == disks
        listed = office.types("migrate list")
        assert listed.text.count("done") >= 2


def _moves(movers: Movers, words: str, source: str, target: str) -> None:
    before = len(movers.workspace.messages)
    movers.begins(words)
    movers.says(f"the copy in {target} compared equal", before)
    assert movers.named(source) == 1 and movers.pods(source), (
        "before the cut-over nothing of the source stands still"
    )
    movers.approves("Cut over", before)
    movers.says(f"{target} has served and is proven", before)
    assert not movers.pods(source) and movers.named(source) == 1, "the source is idle, and whole"
    movers.approves_by_name(source, before)
    end = movers.says(f"{source} is deleted;", before)
    assert movers.named(source) == 0 and movers.named(target) == 1
    movers.says(f"Migration of {source} → {target}", before)
    assert end


def test_what_stands_against_a_migration_is_listed_and_nothing_is_begun(movers: Movers) -> None:
    office = movers.office
    answer = office.types("migrate dev-eu --to calico")
    assert "things stand against migrating dev-eu" in answer.line
    assert "nobody has chosen what becomes of shop/" in answer.text and "--volumes" in answer.text
    assert "runs flannel already" in office.types("migrate dev-eu --to flannel").line
    assert "There is no migration m42" in office.types("migrate show m42").text
    assert "None yet" in office.types("migrate list").text


def test_a_person_picks_if_several_templates_fit(movers: Movers) -> None:
    office = movers.office
    office.types("template create calico")
    answer = office.types(WORDS)
    assert "2 templates have calico" in answer.line
    labels = [label for label in answer.buttons() if label.startswith("k8s-v1.29.5-calico")]
    picked = office.presses(answer, labels[0])
    assert "waits for approval" in picked.text


def test_a_migration_pauses_goes_on_and_is_cancelled_without_a_trace(movers: Movers) -> None:
    office = movers.office
    before = movers.pods("dev-eu", ("shop",))
    movers.begins(WORDS)
    card = movers.says("the copy in dev-eu-calico compared equal")
    migration = migration_of(card)
    answer = office.types(f"migrate show {migration}")
    assert "the cut-over (migrate.cutover)" in answer.text and "compare the copy" not in answer.line
    assert "it stands still" in office.types(f"migrate pause {migration}").text
    movers.says("is paused at")
    assert "paused already" in office.types(f"migrate pause {migration}").text
    assert "moves one of these clusters already" in office.types(WORDS).text
    refused = office.types("cluster delete dev-eu", who="U0EVA")
    assert f"is part of the migration {migration}" in refused.text
    assert (
        f"is part of the migration {migration}"
        in office.types("cluster delete dev-eu-calico", who="U0EVA").text
    )
    messages = len(movers.workspace.messages)
    office.types(f"migrate resume {migration}")
    movers.says("was resumed by ana", messages)
    movers.says("the copy in dev-eu-calico compared equal", 0)
    office.types(f"migrate cancel {migration}")
    movers.says("Migration of dev-eu → dev-eu-calico (flannel → calico): cancelled")
    assert movers.named("dev-eu-calico") == 0 and movers.named("dev-eu") == 1
    assert movers.pods("dev-eu", ("shop",)) == before
    assert "has ended: cancelled" in office.types(f"migrate rollback {migration}").text


def test_a_migration_is_rolled_back_after_the_traffic_was_switched(movers: Movers) -> None:
    office = movers.office
    before = movers.pods("dev-eu", ("shop",))
    migration = cut_over(movers)
    assert not movers.pods("dev-eu", ("shop",)) and movers.pods("dev-eu-calico", ("shop",)) == before
    assert "roll it back instead" in office.types(f"migrate cancel {migration}").text
    question = office.types(f"migrate rollback {migration}")
    assert "What it wrote to its volumes stays on the disks" in question.text
    office.presses(question, "Roll back")
    end = movers.says("Migration of dev-eu → dev-eu-calico (flannel → calico): rolled back")
    assert "the source is as it was" in movers.says("the source is as it was") and end
    office.sandbox.settle()
    assert movers.pods("dev-eu", ("shop",)) == before and not movers.pods("dev-eu-calico", ("shop",))
    assert movers.named("dev-eu-calico") == 1, "the new cluster stays to be looked at"


def test_a_rejected_cut_over_pauses_and_is_asked_again(movers: Movers) -> None:
    office = movers.office
    movers.begins(WORDS)
    migration = migration_of(movers.says("the copy in dev-eu-calico compared equal"))
    office.clicks(movers.button("Reject…", "the copy in"), who="U0BO")
    office.submits("U0BO", office.form("U0BO"), comment="not today")
    paused = movers.says("is paused at")
    assert "not today" in paused and "/xk8s migrate resume" in paused
    messages = len(movers.workspace.messages)
    office.types(f"migrate resume {migration}")
    movers.approves("Cut over", messages)
    movers.says("objects as planned")


def test_a_source_that_changed_during_the_copy_pauses_and_is_taken_in(movers: Movers) -> None:
    office = movers.office
    movers.begins(WORDS)
    migration = migration_of(movers.says("the copy in dev-eu-calico compared equal"))
    source = movers.cluster("dev-eu")

    def add(obj: dict[str, dict[str, str]]) -> None:
        obj["data"]["added"] = "meanwhile"

    async def change() -> None:
        source.store.mutate(source.store.registry.named("ConfigMap"), "shop", "feature-flags", add)

    office.sandbox.loopback.run(change())
    movers.approves("Cut over")
    paused = movers.says("of the source changed since")
    assert "ConfigMap shop/feature-flags (changed)" in paused
    assert movers.pods("dev-eu", ("shop",)), "nothing was stopped"
    messages = len(movers.workspace.messages)
    office.types(f"migrate resume {migration}")
    movers.approves("Cut over", messages)
    movers.says("objects as planned")
    target = movers.cluster("dev-eu-calico")
    copied = target.store.get(target.store.registry.named("ConfigMap"), "shop", "feature-flags")
    assert copied["data"]["added"] == "meanwhile"


def test_addresses_that_are_kept_lead_to_the_new_cluster_survive_the_old_one_and_come_back_on_a_roll_back(
    tmp_path: pathlib.Path,
) -> None:
    with moving_house(tmp_path, sets=SMALL, project=KEPT) as (office, _bots):
        movers = Movers(office)
        before = outside(movers)
        assert before, "there is a load balancer with a public address"
        _moves(movers, f"{WORDS} --soak 1s", "dev-eu", "dev-eu-calico")
        addresses = outside(movers)
        assert set(addresses) >= set(before), "not one was lost with the old cluster"
        assert all(addresses[address] != port for address, port in before.items()), (
            "they lead to another load balancer"
        )
        messages = len(movers.workspace.messages)
        movers.begins("migrate dev-eu-calico --to flannel --volumes reattach --soak 1h")
        migration = migration_of(movers.says("the copy in dev-eu-flannel compared equal", messages))
        movers.approves("Cut over", messages)
        movers.says("objects as planned", messages)
        assert all(outside(movers)[address] != addresses[address] for address in before)
        office.presses(office.types(f"migrate rollback {migration}"), "Roll back")
        movers.says("(calico → flannel): rolled back", messages)
        assert {address: outside(movers)[address] for address in before} == {a: addresses[a] for a in before}


def test_a_viewer_may_look_and_not_steer(movers: Movers) -> None:
    office = movers.office
    assert "needs operator" in office.types(WORDS, who="U0CY").text
    assert office.types("migrate list", who="U0CY").line
