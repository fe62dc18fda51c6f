"""A new action touches its action, its service and its view, and no other file.

The action and the view are written into folders in which their packages find modules, so the trial runs in a
process of its own. What the trial calls is the product's own: grammar, rights, pipeline, audit, catalogue.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys

ACTION = '''
"""The actions on the weather."""

from typing import Annotated

from bot.actions import values
from bot.actions.action import Action
from bot.actions.parameters import Argument


class WeatherShow(Action):
    """The weather over a cluster."""

    name = "weather.show"
    example = "weather show prod-eu"
    target_field = "cluster"
    cluster: Annotated[str, Argument("CLUSTER", values.name)]
'''
SERVICE = '''
"""The service of the weather."""

import dataclasses

from bot.actions.routes import Route, Routes
from bot.actions.service import Context
from bot.actions.weather import WeatherShow


@dataclasses.dataclass(frozen=True)
class Weather:
    cluster: str
    sky: str


def show(action: WeatherShow, context: Context) -> Weather:
    return Weather(cluster=action.cluster, sky="clear")


def routes() -> Routes:
    return Routes(Route(WeatherShow, show))
'''
VIEW = '''
"""The view of the weather."""

from bot.slack import kit
from bot.slack.views.registry import shows
from weather_service import Weather


@shows(Weather)
def show_weather(result: Weather) -> kit.Rendered:
    return kit.Rendered(headline=f"{result.sky} over {result.cluster}", messages=())
'''
TRIAL = """
import sys

import bot.actions

import bot.slack.views

bot.actions.__path__.append(sys.argv[1])
bot.slack.views.__path__.append(sys.argv[2])

import weather_service

from bot.access.roles import Role, permits
from bot.actions import grammar
from bot.actions.catalog import ACTIONS, TOPICS
from bot.actions.help_pages import help_page
from bot.actions.routes import Routes
from bot.requests.pipeline import RequestPipeline
from bot.slack.views.catalog import RESULTS
from tests.unit.requests import exchanges

action = grammar.parse("weather show prod-eu")
assert action.words() == "weather show prod-eu"
assert type(action) in ACTIONS and TOPICS[-1] == "weather"
[line] = help_page("weather", available=frozenset({"weather.show"})).lines
assert (line.usage, line.summary) == ("weather show CLUSTER", "the weather over a cluster")
assert permits([Role.VIEWER], action) and not permits([], action)

table, answer = exchanges.AuditTable(), exchanges.RecordingAnswer()
routes = Routes.joined(exchanges.ports().routes, weather_service.routes())
ports = exchanges.ports(routes=routes, audit=exchanges.audit_log(table))
ended = RequestPipeline(ports).handle(exchanges.request("weather show prod-eu"), answer)
assert answer.shown == ["begin", "finish"]
assert [(event.action, event.target, event.outcome) for event in table.events] == [
    ("weather.show", "prod-eu", ""),
    ("weather.show", "prod-eu", "succeeded"),
]
print(RESULTS.render(ended.result).headline)
"""


def test_a_new_action_is_parsed_authorised_served_audited_and_shown(tmp_path: pathlib.Path) -> None:
    actions, views = tmp_path / "actions", tmp_path / "views"
    for folder in (actions, views):
        folder.mkdir()
    (actions / "weather.py").write_text(ACTION)
    (tmp_path / "weather_service.py").write_text(SERVICE)
    (views / "weather.py").write_text(VIEW)
    root = pathlib.Path(__file__).resolve().parents[3]
    trial = subprocess.run(
        [sys.executable, "-c", TRIAL, str(actions), str(views)],
        env={"PYTHONPATH": f"{tmp_path}:{root}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert trial.returncode == 0, trial.stderr
    assert trial.stdout.strip() == "clear over prod-eu"
