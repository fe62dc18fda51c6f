"""The subcommands and options of `xk8s`; an error is shown in three lines and an exit code.

A subcommand imports what it needs when it runs, so that `xk8s --help` answers at once.
"""

import importlib.util
import os
import pathlib
import sys

import click

from bot import __version__
from bot.cli.audit_commands import audit
from bot.common.problems import Problem, Refusal
from bot.common.redaction import Redactor

FAILED, BAD_INPUT = 1, 2
DEMO_PACKAGES = ("jinja2", "websockets")  # of the extra `demo`: the sandbox needs them, the bot does not


class _Group(click.Group):
    """Shows a `Problem` as what happened, why, and what to do, without a stack trace."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Problem as problem:
            for line in (f"xk8s: {problem.what}", problem.why, problem.fix):
                if line:
                    click.echo((ctx.obj or Redactor()).hide(line), err=True)
            ctx.exit(BAD_INPUT if problem.outcome == "refused" else FAILED)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="xk8s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """The network drivers of your Kubernetes clusters, from a Slack channel."""
    ctx.obj = Redactor()
    ctx.obj.learn_environment(os.environ)


main.add_command(audit)


@main.command(help="Run the bot.")
@click.option("--http", is_flag=True, help="Take Slack's requests over HTTP instead of Socket Mode.")
@click.option("--port", default=3000, show_default=True, help="The port for Slack's requests, with --http.")
@click.option("--host", default="0.0.0.0", show_default=True, help="The address to listen on, with --http.")
@click.pass_obj
def serve(redactor: Redactor, *, http: bool, port: int, host: str) -> None:
    """Run the bot until SIGTERM or SIGINT."""
    from bot.app.process import serve as run

    run(http=http, host=host, port=port, redactor=redactor)


@main.command()
@click.option("--port", default=8080, show_default=True, help="The port of the sandbox's page.")
@click.option("--headless", is_flag=True, help="End after the tour; non-zero if a step went wrong.")
def demo(*, port: int, headless: bool) -> None:
    """Start the sandbox and the bot, and play a short tour."""
    missing = [package for package in DEMO_PACKAGES if importlib.util.find_spec(package) is None]
    if missing:
        raise Refusal(
            "The demo needs more than the bot",
            why=f"not installed: {', '.join(missing)}",
            fix="pip install 'xk8s[demo]'",
        )
    from bot.cli.demo import run

    sys.exit(run(port=port, headless=headless))


@main.command(name="run")
@click.argument("words")
@click.option("--project", help="The project it is about, if the configuration has several.")
@click.option(
    "--file",
    type=click.Path(path_type=pathlib.Path, exists=True, dir_okay=False),
    help="A file with YAML, for words with --yaml.",
)
@click.option(
    "--save",
    type=click.Path(path_type=pathlib.Path, file_okay=False),
    help="A folder for the files of the answer: pictures and long lists.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def run_words(
    redactor: Redactor,
    *,
    words: str,
    project: str | None,
    file: pathlib.Path | None,
    save: pathlib.Path | None,
    as_json: bool,
) -> None:
    """Do what one would type in Slack: xk8s run "verify calico"."""
    from bot.cli.terminal import run

    sys.exit(run(words, project=project, file=file, save=save, as_json=as_json, redactor=redactor))


@main.command()
@click.pass_obj
def doctor(redactor: Redactor) -> None:
    """Check the configuration, the database, Slack's scopes and every project's cloud."""
    from bot.cli.doctor import run

    sys.exit(run(redactor))


@main.group(help="The database.")
def db() -> None:
    """Group the subcommands that the owner of the database uses."""


_role = click.option("--application", metavar="ROLE", help="PostgreSQL role that the bot serves under.")
_retention = click.option("--retention", metavar="ROLE", help="PostgreSQL role that seals old audit events.")


@db.command()
@_role
@_retention
@click.pass_obj
def upgrade(redactor: Redactor, *, application: str | None, retention: str | None) -> None:
    """Bring the database to this version's schema; on PostgreSQL as the owner of the tables, roles get
    their rights.
    """
    from bot.cli.database import upgrade as run

    run(redactor, application=application, retention=retention)


@db.command()
@_role
@_retention
def grants(*, application: str | None, retention: str | None) -> None:
    """Print the SQL that gives the roles their rights, for whoever says it by hand."""
    from bot.cli.database import grants as run

    run(application=application, retention=retention)


@main.command()
@click.option(
    "--url", help="The public URL of the bot, for HTTP; without it the manifest is for Socket Mode."
)
def manifest(*, url: str | None) -> None:
    """Print the Slack app manifest."""
    import json

    from bot.actions.help_pages import usage_hint
    from bot.slack.manifest import manifest as app_manifest

    click.echo(json.dumps(app_manifest(url=url, usage_hint=usage_hint()), indent=2))


@main.command()
def rbac() -> None:
    """Print the ClusterRole that the installed drivers need beside those of deploy/rbac."""
    import yaml

    from bot.drivers.rbac import cluster_role

    click.echo(yaml.safe_dump(cluster_role(), sort_keys=False), nl=False)


@main.command()
@click.option(
    "--kubeconfig",
    required=True,
    type=click.Path(path_type=pathlib.Path, exists=True, dir_okay=False),
    help="The kubeconfig file of the cluster.",
)
@click.option("--context", help="The context of the kubeconfig file; its current one by default.")
@click.option("--driver", help="The driver it should run; whichever runs by default.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def verify(
    redactor: Redactor, *, kubeconfig: pathlib.Path, context: str | None, driver: str | None, as_json: bool
) -> None:
    """Verify the network driver of one cluster, without Slack, Magnum or a database."""
    from bot.cli.verify import run

    sys.exit(run(kubeconfig=kubeconfig, context=context, driver=driver, as_json=as_json, redactor=redactor))


@main.command()
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option(
    "--diff", nargs=2, metavar="BEFORE AFTER", help="Compare two files or folders; 1 if anything changes."
)
@click.option(
    "--level",
    type=click.Choice(["workload", "pod"]),
    default="workload",
    show_default=True,
    help="What a line is about.",
)
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option("--csv", "form", flag_value="csv", help="Print CSV.")
@click.option("--dot", "form", flag_value="dot", help="Print a graph for Graphviz.")
@click.option("--mermaid", "form", flag_value="mermaid", help="Print a graph for Mermaid, as in Markdown.")
@click.option("--text", "form", flag_value="text", default="text", help="Print lines (the default).")
def reach(*, paths: tuple[str, ...], diff: tuple[str, str] | None, level: str, form: str) -> None:
    """Who may connect to whom in files and folders of manifests, without a cluster; - is the standard
    input.
    """
    from bot.cli import reach as command
    from bot.policy.formats import OutputFormat
    from bot.policy.reach.aggregation import GroupLevel

    if bool(paths) == bool(diff):
        raise click.UsageError("Name files or folders, or compare two of them with --diff BEFORE AFTER.")
    if diff:
        sys.exit(command.run_difference(*diff, level=GroupLevel(level), form=OutputFormat(form)))
    sys.exit(command.run(paths, level=GroupLevel(level), form=OutputFormat(form)))
