"""What is wired: every action has a service, and every change can be read back after a crash."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from bot.access.directory import PersonFacts
from bot.actions.action import Action, Effect
from bot.actions.catalog import ACTIONS, BY_BUTTON
from bot.app.configuration import load
from bot.app.database import open_database
from bot.app.wiring import Core, FrontEnd
from bot.audit import seals
from bot.clusters.lifecycle import creation, deletion
from bot.common.redaction import Redactor
from bot.migration.workflow.workflow import WORK
from bot.requests.pipeline import TO_PERSON, TO_SERVICE, RequestPipeline
from bot.settings.holder import SettingsHolder

NO_SERVICE_YET = {"diagnose", "watch.start", "watch.list", "watch.stop"}  # `help` says so
NO_DECISION = {  # changes that no setting can make wait for a second person, and why
    "template.create": "it changes nothing that runs",
    "template.unpublish": "Magnum refuses it while a cluster uses the template",
    "template.hide": "it takes a template out of lists alone",
    "migrate.pause": "the migration itself was approved",
    "migrate.resume": "the migration itself was approved",
    "migrate.cancel": "the migration itself was approved",
    "migrate.rollback": "the migration itself was approved",
    "approvals.withdraw": "it is the asker's own request",
    "approvals.decide": "it is the decision",
}


class NoDirectory:
    """Nobody is known."""

    def person(self, person: str) -> PersonFacts:
        raise AssertionError(person)

    def group(self, group: str) -> frozenset[str]:
        return frozenset()

    def is_member(self, person: str, channel: str) -> bool:
        return False


@pytest.fixture
def core(tmp_path: pathlib.Path) -> Iterator[Core]:
    settings = load({"XK8S_DATA_DIR": str(tmp_path)})
    holder = SettingsHolder(settings, read=lambda: settings)
    database = open_database(holder)
    yield Core(holder, database, FrontEnd(directory=NoDirectory()), redactor=Redactor())
    database.dispose()


def names(*actions: type[Action]) -> set[str]:
    return {action.name for action in actions}


def test_every_action_has_a_service(core: Core) -> None:
    assert names(*ACTIONS, *BY_BUTTON) - names(*core.routes) == NO_SERVICE_YET


def test_what_the_help_calls_available_has_a_service(core: Core) -> None:
    assert core.available() == names(*core.routes)


def test_every_change_can_be_read_back_from_its_target(core: Core) -> None:
    changes = [action for action in core.routes if action.effect is Effect.CHANGE]
    assert names(*changes) - core.readers.keys() == set()
    assert seals.ACTION in core.readers, "it has no words, and leaves an intent all the same"


def test_only_changes_have_a_reader_and_a_proposal(core: Core) -> None:
    for action, route in core.routes.items():
        if action.effect is not Effect.CHANGE:
            assert route.reader is None and route.proposal is None, action.name


def test_every_change_is_proposed_or_has_a_reason_not_to(core: Core) -> None:
    unproposed = {
        action.name
        for action, route in core.routes.items()
        if action.effect is Effect.CHANGE and route.proposal is None
    }
    assert unproposed == NO_DECISION.keys()


def test_the_workflows_of_clusters_and_migrations_are_registered(core: Core) -> None:
    assert all(core.runtime.has_workflow(name) for name in (creation.WORK, deletion.WORK, WORK))
    assert not core.runtime.has_workflow("anything else")


def test_a_pipeline_is_made_for_each_front_end(core: Core) -> None:
    class NoOffers:
        def resolve(self, request: object) -> object:
            raise AssertionError(request)

        take = give_back = resolve

    assert isinstance(core.pipeline(NoOffers()), RequestPipeline)  # type: ignore[arg-type]


def test_every_stage_stands_in_a_module_of_its_own_name() -> None:
    for stage in (*TO_SERVICE, *TO_PERSON):
        name = stage.__name__
        assert stage.__module__ == f"bot.requests.stages.{name}"
