"""`xk8s verify --kubeconfig`: verifies one cluster without Slack, Magnum or a database, for pipelines."""

import json
import pathlib

import click

from bot import __version__
from bot.actions import values
from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.connection import endpoint_from_kubeconfig
from bot.app import logs
from bot.app.clock import utc_now
from bot.common.problems import Refusal
from bot.common.redaction import Redactor
from bot.drivers.catalog import names
from bot.drivers.driver import Driver
from bot.drivers.verification.report import Verdict, VerificationReport, VerificationSummary
from bot.drivers.verification.verifier import VerificationTarget, Verifier
from bot.settings.configuration import VerificationSettings
from bot.slack import plain_text
from bot.slack.views import catalog

CODES = {Verdict.HEALTHY: 0}


def run(
    *, kubeconfig: pathlib.Path, context: str | None, driver: str | None, as_json: bool, redactor: Redactor
) -> int:
    """Verify and print the report; return 0 if the driver is healthy, else 1. Raises `Refusal`."""
    logs.configure(level=30, redactor=redactor)
    expected = _driver(driver)
    endpoint = endpoint_from_kubeconfig(kubeconfig, context)
    for secret in endpoint.secrets():
        redactor.learn(secret)
    defaults = VerificationSettings()
    verifier = Verifier(
        now=utc_now, parallel=lambda: defaults.parallel_clusters, seconds=defaults.timeout.total_seconds
    )
    target = VerificationTarget(
        name=context or kubeconfig.stem,
        id=f"kubeconfig:{kubeconfig.name}",
        project="",
        connect=lambda seconds: KubeClient(endpoint, user_agent=f"xk8s/{__version__}", seconds=seconds),
    )
    report = verifier.verify(target, expected)
    if as_json:
        data = json.loads(json.dumps(report.to_json(), default=str))
        click.echo(json.dumps(redactor.hide_in(data), indent=2))
    else:
        _show(report, redactor)
    return CODES.get(report.verdict, 1)


def _driver(word: str | None) -> Driver | None:
    if word is None:
        return None
    try:
        return Driver(values.driver(word))
    except ValueError as error:
        raise Refusal(str(error), fix=f"There are {' and '.join(names())}.") from None


def _show(report: VerificationReport, redactor: Redactor) -> None:
    summary = VerificationSummary(asked=report.asked, reports=(report,), missing=(), single=True)
    rendered = catalog.RESULTS.render(summary)
    click.echo(redactor.hide(plain_text.text(rendered.headline)))
    for message in rendered.messages:
        for line in plain_text.lines(block for block in message.blocks if block["type"] != "actions"):
            click.echo(redactor.hide(line))
