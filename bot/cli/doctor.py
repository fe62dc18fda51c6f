"""`xk8s doctor`: checks everything that the bot depends on, and prints what is wrong with each."""

from collections.abc import Callable

import click

from bot.app import logs
from bot.app.clock import utc_now
from bot.app.configuration import load
from bot.app.database import open_database, unshared_key
from bot.clusters.projects import Projects
from bot.common.problems import Problem
from bot.common.redaction import Redactor
from bot.drivers import catalog
from bot.settings import Settings
from bot.settings.holder import SettingsHolder
from bot.slack.delivery.web_client import SlackWebClient
from bot.slack.manifest import OPTIONAL_SCOPES, SCOPES


def run(redactor: Redactor) -> int:
    """Check and print; return 0 if every check has passed."""
    logs.configure(level=40, redactor=redactor)
    settings = load()
    redactor.learn_all(settings)
    holder = SettingsHolder(settings, read=load)
    checks: dict[str, Callable[[], str]] = {
        "configuration": lambda: _configuration(settings),
        "drivers": _drivers,
        "database": lambda: _database(holder),
        "Slack": lambda: _slack(settings),
    }
    projects = Projects(lambda: settings, now=utc_now, learn=redactor.learn)
    for name, project in settings.configuration.projects.items():
        if project.cloud:
            checks[f"cloud of {name}"] = lambda name=name: _cloud(projects, name)  # type: ignore[misc]
    passed = [_line(redactor, name, check) for name, check in checks.items()]
    return 0 if all(passed) else 1


class _Warning(Exception):
    """A check that has passed with something that should be changed: `state` is well, `warning` is not."""

    def __init__(self, state: str, warning: str) -> None:
        super().__init__(state)
        self.state = state
        self.warning = warning


def _line(redactor: Redactor, name: str, check: Callable[[], str]) -> bool:
    try:
        state = check()
    except _Warning as caution:
        click.echo(redactor.hide(f"⚠️ {name}: {caution.state}"))
        click.echo(redactor.hide(f"   {caution.warning}"))
        return True
    except Problem as problem:
        click.echo(redactor.hide(f"❌ {name}: {problem.what}"))
        for line in (problem.why, problem.fix):
            if line:
                click.echo(redactor.hide(f"   {line}"))
        return False
    click.echo(redactor.hide(f"✅ {name}: {state}"))
    return True


def _configuration(settings: Settings) -> str:
    names = sorted(settings.configuration.projects)
    if not names:
        raise Problem(
            "there is no project", fix="Set XK8S_CONFIG to a file with `projects`; see docs/configuration.md."
        )
    return f"{len(names)} project{'s' if len(names) > 1 else ''} ({', '.join(names)})"


def _drivers() -> str:
    broken = catalog.broken_plugins()
    if broken:
        raise Problem(
            f"{len(broken)} driver {'plug-in' if len(broken) == 1 else 'plug-ins'} cannot be used",
            why="\n   ".join(map(str, broken)),
            fix="Correct or uninstall it; the other drivers work.",
        )
    return ", ".join(catalog.names())


def _database(holder: SettingsHolder) -> str:
    database = open_database(holder)
    try:
        state = f"{database.dialect}, schema {database.version()}"
        if unshared := unshared_key(holder.now, database):
            raise _Warning(state, unshared)
        signing = (
            "" if holder.now.audit_key else "; XK8S_AUDIT_KEY is not set, so the audit chain is not signed"
        )
        return f"{state}{signing}"
    finally:
        database.dispose()


def _slack(settings: Settings) -> str:
    if settings.slack_bot_token is None:
        raise Problem(
            "SLACK_BOT_TOKEN is not set", fix="Install the app (`xk8s manifest`) and copy its bot token."
        )
    web = SlackWebClient(token=settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url)
    granted, answer = web.granted_scopes()
    missing = sorted(set(SCOPES) - granted) if granted else []
    if missing:
        raise Problem(
            f"the app lacks the scopes {', '.join(missing)}",
            fix="Update the app with `xk8s manifest`, and reinstall it.",
        )
    lacking = [scope for scope in OPTIONAL_SCOPES if granted and scope not in granted]
    note = (
        f"; without {', '.join(lacking)} a crash can leave a message twice, and anchors of the audit log"
        " cannot be read"
        if lacking
        else ""
    )
    return f"{answer.get('user')} in {answer.get('team')}{note}"


def _cloud(projects: Projects, name: str) -> str:
    listed = projects.get(name).catalog.all()
    if listed.missing:
        raise Problem(listed.missing[0], fix="Check the cloud's entry in clouds.yaml.")
    return f"{len(listed.clusters)} clusters"
