"""What people type becomes an action, or is told what was wrong, the nearest right word and an example."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actions import help_pages, values
from bot.actions.action import Action, Effect
from bot.actions.catalog import ACTIONS
from bot.actions.grammar import parse
from bot.actions.help_words import Help
from bot.actions.mistakes import Mistake
from bot.actions.parameters import Argument, Flag
from bot.actions.text_cleanup import clean, split_block
from bot.drivers import catalog
from bot.drivers.calico.template import ipip_mode
from tests.support.property_examples import examples

FIXED_WORDS = {  # every line of the fixed words, with the fields it must set
    "help": ("help", {}),
    "help template": ("help", {"topic": "template"}),
    "whoami": ("whoami", {}),
    "driver list": ("driver.list", {}),
    "driver show calico": ("driver.show", {"driver": "calico"}),
    "template create": ("template.create", {}),
    "template create flannel": ("template.create", {"driver": "flannel"}),
    "template create calico --name n --kubernetes v1.29.5 --image i --flavor f --master-flavor m "
    "--external-network public --keypair k --container-runtime containerd --pool 10.1.0.0/16 --ipip never "
    "--backend b --wireguard --label a=b --label c=d --public --dry-run": (
        "template.create",
        {
            "driver": "calico",
            "template": "n",
            "kubernetes": "v1.29.5",
            "image": "i",
            "flavor": "f",
            "master_flavor": "m",
            "external_network": "public",
            "keypair": "k",
            "container_runtime": "containerd",
            "pool": "10.1.0.0/16",
            "ipip": "Never",
            "backend": "b",
            "wireguard": True,
            "labels": ["a=b", "c=d"],
            "public": True,
            "dry_run": True,
        },
    ),
    "template list --driver flannel": ("template.list", {"driver": "flannel"}),
    "template show t": ("template.show", {"template": "t"}),
    "template publish t": ("template.publish", {"template": "t"}),
    "template unpublish t": ("template.unpublish", {"template": "t"}),
    "template hide t": ("template.hide", {"template": "t"}),
    "template delete t": ("template.delete", {"template": "t"}),
    "cluster list": ("cluster.list", {}),
    "cluster show c": ("cluster.show", {"cluster": "c"}),
    "cluster create c --template t --nodes 3 --masters 1": (
        "cluster.create",
        {"cluster": "c", "template": "t", "nodes": 3, "masters": 1},
    ),
    "cluster delete c": ("cluster.delete", {"cluster": "c"}),
    "verify": ("verify", {}),
    "verify calico": ("verify", {"driver": "calico"}),
    "verify prod-eu": ("verify", {"cluster": "prod-eu"}),
    "verify calico prod-eu --probe": ("verify", {"driver": "calico", "cluster": "prod-eu", "probe": True}),
    "diagnose c --node n-1": ("diagnose", {"cluster": "c", "node": "n-1"}),
    "watch c --every 15m": ("watch.start", {"cluster": "c", "every": "15m"}),
    "watch list": ("watch.list", {}),
    "watch stop c": ("watch.stop", {"cluster": "c"}),
    "policy presets": ("policy.presets", {}),
    "policy list c": ("policy.list", {"cluster": "c"}),
    "policy show p c -n ns": ("policy.show", {"policy": "p", "cluster": "c", "namespace": "ns"}),
    "policy preview deny-all c -n ns --from-namespace a,b --to-namespace d --port TCP/80": (
        "policy.preview",
        {
            "preset": "deny-all",
            "cluster": "c",
            "namespace": "ns",
            "from_namespace": ["a", "b"],
            "to_namespace": ["d"],
            "port": ["TCP/80"],
        },
    ),
    "policy apply --yaml c -n ns": ("policy.apply", {"yaml": True, "cluster": "c", "namespace": "ns"}),
    "policy apply deny-all c -n ns --allow-dns --force-conflicts": (
        "policy.apply",
        {"preset": "deny-all", "cluster": "c", "namespace": "ns", "allow_dns": True, "force_conflicts": True},
    ),
    "policy reach c --from 192.0.2.7 --to d/e": (
        "policy.reach",
        {"cluster": "c", "source": "192.0.2.7", "destination": "d/e"},
    ),
    "policy delete p c -n ns": ("policy.delete", {"policy": "p", "cluster": "c", "namespace": "ns"}),
    "policy rollback 7f3a": ("policy.rollback", {"change": "7f3a"}),
    "policy reach c --from a/b --to d/e --port UDP/53": (
        "policy.reach",
        {"cluster": "c", "source": "a/b", "destination": "d/e", "port": "UDP/53"},
    ),
    "migrate c --to calico --name n --nodes 3 --masters 1 --namespaces a,b --volumes reattach "
    "--volumes shop/data=empty --start-early a/web,b/api --soak 24h": (
        "migrate.start",
        {
            "cluster": "c",
            "to": "calico",
            "new_name": "n",
            "nodes": 3,
            "masters": 1,
            "namespaces": ["a", "b"],
            "volumes": ["reattach", "shop/data=empty"],
            "start_early": ["a/web", "b/api"],
            "soak": "24h",
        },
    ),
    "migrate c --template t": ("migrate.start", {"cluster": "c", "template": "t"}),
    "migrate c --into d": ("migrate.start", {"cluster": "c", "into": "d"}),
    "migrate list": ("migrate.list", {}),
    "migrate show m1": ("migrate.show", {"migration": "m1"}),
    "migrate pause m1": ("migrate.pause", {"migration": "m1"}),
    "migrate resume m1": ("migrate.resume", {"migration": "m1"}),
    "migrate cancel m1": ("migrate.cancel", {"migration": "m1"}),
    "migrate rollback m1": ("migrate.rollback", {"migration": "m1"}),
    "approvals": ("approvals.list", {}),
    "approvals withdraw a1": ("approvals.withdraw", {"approval": "a1"}),
    "audit": ("audit.list", {}),
    "audit --actor U1 --action verify --target c --outcome failed --since 2h --until 2026-11-24 --page 2": (
        "audit.list",
        {
            "actor": "U1",
            "action": "verify",
            "about": "c",
            "outcome": "failed",
            "since": "2h",
            "until": "2026-11-24T00:00:00",
            "page": 2,
        },
    ),
    "audit verify --anchor": ("audit.verify", {"anchor": True}),
    "cluster list --project shop": ("cluster.list", {"project": "shop"}),
}


@pytest.mark.parametrize(("words", "expected"), FIXED_WORDS.items())
def test_every_fixed_word_parses(words: str, expected: tuple[str, dict[str, Any]]) -> None:
    name, fields = expected
    action = parse(words)
    assert (action.name, action.model_dump(mode="json", exclude_defaults=True)) == (name, fields)


def test_the_fixed_words_above_cover_every_action() -> None:
    assert {name for name, _ in FIXED_WORDS.values()} == {kind.name for kind in ACTIONS}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("template create flannel —name x", "template create flannel --name x"),
        ("template create flannel –name x", "template create flannel --name x"),
        ("policy show p c —n ns", "policy show p c -n ns"),
        ("template create calico --label “a=b c”", "template create calico --label 'a=b c'"),
        ("verify\u00a0calico\u200b prod-eu", "verify calico prod-eu"),
        ("audit --actor <@U123|ana>", "audit --actor U123"),
        ("audit --target <#C123|dev>", "audit --target C123"),
        ("cluster show <http://edge.example|edge.example>", "cluster show edge.example"),
        ("VERIFY Calico", "verify calico"),
        ("cluster show prod‑eu", "cluster show prod‑eu"),
    ],
)
def test_text_from_phones_and_slack_is_understood_as_it_was_meant(typed: str, meant: str) -> None:
    try:
        expected: object = parse(meant)
    except Mistake as mistake:
        expected = mistake.what
    try:
        action: object = parse(typed)
    except Mistake as mistake:
        action = mistake.what
    assert action == expected


def test_escapes_are_undone_once() -> None:
    assert clean("a &amp;lt; b") == "a &lt; b"


def test_a_code_block_is_kept_letter_by_letter() -> None:
    line, block = split_block("policy apply --yaml c -n ns ```yaml\nkind: “x” — &lt;y&gt;\n```")
    assert (clean(line), block) == ("policy apply --yaml c -n ns", "kind: “x” — <y>")
    action = parse("policy apply c -n ns ```\na: 1\n```")
    assert getattr(action, "manifest", None) == "a: 1"


@pytest.mark.parametrize(
    ("typed", "headline", "fix"),
    [
        (
            "template create calcio",
            "There is no driver `calcio`",
            "Did you mean *calico*?   `/xk8s template create calico`",
        ),
        ("verify calcio prod-eu", "There is no driver `calcio`", "`/xk8s verify calico prod-eu`"),
        ("create template flannel", "I do not know `create template`", "`/xk8s template create flannel`"),
        ("tempalte create flannel", "I do not know `tempalte`", "`/xk8s template create flannel`"),
        ("template crate flannel", "There is no `template crate`", "Did you mean *create*?"),
        ("template create flannel --nmae x", "has no option `--nmae`", "template create flannel --name x"),
        ("template create weave", "there are `calico` and `flannel`", "`/xk8s template create flannel`"),
        ("template", "needs a second word: `create`, `list`", "/xk8s help template"),
        ("migrate dev-eu", "Say where to in one way", "/xk8s migrate dev-eu --to calico"),
        ("cluster create dev", "The `--template` is missing", "/xk8s cluster create"),
        ("migrate show", "The `ID` is missing", "/xk8s migrate show m42"),
        ("policy preview deny-all -n ns", "The cluster is missing", "/xk8s policy preview"),
        ("policy preview deny-all c --yaml -n ns", "leave `deny-all` out", "/xk8s policy preview"),
        ("verify a b", "There is no driver `a`", "/xk8s verify"),
        ("verify calico b c", "does not know what to do with `c`", "/xk8s verify"),
        ('verify "calico', "A quotation mark is left open", "/xk8s help"),
        ("watch c --every soon", "`soon` is not a length of time", "/xk8s watch"),
        ("cluster show --cluster a b", "The cluster is given twice", "/xk8s cluster show"),
        ("verify ```\nx\n```", "takes no code block", "/xk8s verify"),
        ("policy apply --yaml c -n ns ```a```\n```b```", "One code block at a time", "/xk8s help policy"),
        ("policy apply --yaml c -n ns ```\na: 1", "The code block is left open", "/xk8s help policy"),
        ("policy preview deny-all c -n shop -n web", "`--namespace` is given twice", "/xk8s policy preview"),
        (
            "policy preview deny-all c -n shop --project a --project b",
            "`--project` is given twice",
            "/xk8s policy",
        ),
        ("cluster show --cluster a --cluster b", "`--cluster` is given twice", "/xk8s cluster show"),
        ("policy preview deny-all c -n ns --port 90-80", "`90-80` runs backwards", "/xk8s policy preview"),
        ("policy preview deny-all c -n ns --port 0", "`0`: ports go from 1 to 65535", "/xk8s policy preview"),
        (
            "policy preview deny-all c -n ns --port TCP/٨٠",
            "is not a port like `TCP/80`",
            "/xk8s policy preview",
        ),
        ("watch c --every ١٥m", "is not a length of time", "/xk8s watch"),
        ("x" * 30_000, "That is too long", "/xk8s help"),
    ],
)
def test_a_mistake_is_told_with_the_nearest_word_and_an_example(typed: str, headline: str, fix: str) -> None:
    with pytest.raises(Mistake) as mistake:
        parse(typed)
    assert headline in mistake.value.what
    assert fix in mistake.value.fix


@pytest.mark.parametrize(
    ("typed", "field", "expected"),
    [
        ("--from-namespace a --from-namespace b,c", "from_namespace", ("a", "b", "c")),
        ("--port 80 --port UDP/53", "port", ("TCP/80", "UDP/53")),
    ],
)
def test_an_option_that_takes_several_takes_them_one_by_one(
    typed: str, field: str, expected: tuple[str, ...]
) -> None:
    assert getattr(parse(f"policy preview allow-from-namespace c -n ns {typed}"), field) == expected


def test_an_ipv4_address_written_as_ipv6_is_that_address() -> None:
    assert getattr(parse("policy reach c --from ::ffff:192.0.2.7 --to a/b"), "source", None) == "192.0.2.7"
    with pytest.raises(Mistake, match="neither"):
        parse("policy reach c --from fe80::1%eth0 --to a/b")


def test_every_example_that_is_offered_parses() -> None:
    for kind in ACTIONS:
        assert type(parse(kind.example)) is kind


def test_a_cluster_that_is_called_like_a_subcommand_or_a_driver_can_be_named() -> None:
    assert getattr(parse("watch --cluster list"), "cluster", None) == "list"
    assert getattr(parse("verify --cluster calico"), "cluster", None) == "calico"
    assert parse("watch --cluster list").words() == "watch --cluster list"


@pytest.mark.parametrize("typed", ["", "   ", "help", "verify --help", "-h", "?"])
def test_nothing_and_calls_for_help_get_help(typed: str) -> None:
    assert isinstance(parse(typed), Help)


PIECES = st.sampled_from(
    [word for words in FIXED_WORDS for word in words.split()]
    + ["“", "'", "—x", "<@U1|a>", "\x00", "```", "--", "=", "&amp;"]
)


@settings(max_examples=examples(1_000))
@given(
    st.one_of(
        st.text(max_size=200),
        st.lists(PIECES, max_size=9).map(" ".join),
        st.lists(st.text(), max_size=5).map(" ".join),
    )
)
def test_any_text_gets_an_action_or_a_mistake_that_can_be_read(text: str) -> None:
    try:
        action = parse(text)
    except Mistake as mistake:
        assert mistake.what and "`/xk8s " in mistake.fix and len(mistake.what) < 400
    else:
        assert Action.decode(action.encode()) == action


NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,12}[a-z0-9])?", fullmatch=True)
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    values.text: NAMES,
    values.name: NAMES,
    values.label: NAMES,
    values.driver: st.sampled_from(catalog.names()),
    values.count: st.integers(0, 9_999),
    values.duration: st.sampled_from(["15m", "24h"]),
    values.moment: st.sampled_from(["2h", "2026-11-24T00:00:00"]),
    values.cidr: st.just("10.1.0.0/16"),
    values.port: st.sampled_from(["TCP/80", "UDP/53"]),
    values.key_value: NAMES.map(lambda name: f"{name}=a b"),
    ipip_mode: st.sampled_from(["Always", "Off"]),
    values.pod: NAMES.map(lambda name: f"ns/{name}"),
    values.endpoint: st.one_of(
        NAMES.map(lambda name: f"ns/{name}"), st.sampled_from(["192.0.2.7", "2001:db8::1"])
    ),
    values.volume_choice: st.sampled_from(["reattach", "shop/data=skip"]),
}


@st.composite
def actions(draw: st.DrawFn) -> Action:
    kind = draw(st.sampled_from(ACTIONS))
    fields: dict[str, Any] = {}
    for field, spelling in kind.parameters().items():
        if isinstance(spelling, Flag):
            fields[field] = draw(st.booleans())
            continue
        value = VALUES[spelling.check]
        if not isinstance(spelling, Argument) and (spelling.commas or spelling.repeated):
            fields[field] = draw(st.lists(value, max_size=2).map(tuple))
        elif (field in kind.model_fields and kind.model_fields[field].is_required()) or draw(st.booleans()):
            fields[field] = draw(value)
    if kind.name == "verify" and "driver" in fields:
        fields["driver"] = draw(st.sampled_from(catalog.names()))
    if kind.name == "migrate.start":
        for flag in draw(st.permutations(["to", "template", "into"]))[:2]:
            fields.pop(flag, None)
        fields.setdefault("into", "x") if not {"to", "template", "into"} & set(fields) else None
    if kind.name in ("policy.preview", "policy.apply"):
        fields["yaml"] = fields.get("preset") is None
    return kind(**fields)


@given(actions())
def test_the_words_of_an_action_say_that_action(action: Action) -> None:
    assert parse(action.words()) == action


def test_yaml_that_somebody_sent_is_recorded_by_its_digest_alone() -> None:
    action = parse("policy apply --yaml c -n ns ```\nkind: Secret\nstringData: {password: hunter2}\n```")
    recorded = str(action.audit_arguments())
    assert "hunter2" not in recorded and "44 characters, sha256 " in recorded
    assert "hunter2" in str(action.encode())


def test_only_help_and_whoami_are_talk_and_looking_changes_nothing() -> None:
    effects = {kind.name: kind.effect for kind in ACTIONS}
    assert {name for name, effect in effects.items() if effect is Effect.TALK} == {"help", "whoami"}
    reads = ("list", "show", "presets", "preview", "reach", "verify", "diagnose")
    for name, effect in effects.items():
        if effect is not Effect.TALK:
            assert (effect is Effect.READ) == (name.split(".")[-1] in reads), name


def test_the_help_of_a_topic_has_its_lines_and_an_unknown_topic_its_nearest() -> None:
    page = help_pages.help_page("template", available=frozenset({"template.create"}))
    assert page.lines[0].usage.startswith("template create [DRIVER] [--name NAME]")
    assert [line.available for line in page.lines][:2] == [True, False]
    with pytest.raises(Mistake, match="There is no topic `polcy`") as mistake:
        help_pages.help_page("polcy", available=frozenset())
    assert mistake.value.suggestion == "policy"


def test_the_page_of_words_is_the_one_in_the_documentation() -> None:
    page = pathlib.Path(__file__).parents[3] / "docs" / "words.md"
    assert page.read_text() == help_pages.words_page()
