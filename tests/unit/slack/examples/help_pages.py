"""Help pages and access summaries."""

from __future__ import annotations

from bot.access.authorisation import AccessSummary
from bot.access.roles import Role
from bot.actions.help_pages import help_page
from tests.unit.slack.examples.requests import NASTY

RESULTS: list[object] = [
    help_page(None, available=frozenset()),
    help_page("template", available=frozenset({"template.create"})),
    AccessSummary(
        person="U1",
        project="shop",
        roles={Role.VIEWER: NASTY},
        may=("verify",) * 60,
        may_not=("migrate.start",) * 60,
    ),
]
