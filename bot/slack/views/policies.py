"""Policies to look at: presets, a list, one as YAML, and the way to send one's own."""

from __future__ import annotations

from collections.abc import Iterable

from bot.actions.mistakes import COMMAND
from bot.actions.policies import PolicyApply, PolicyDelete, PolicyList
from bot.drivers.catalog import recommended
from bot.policy.other_policy_apis import OtherPolicies
from bot.policy.preview import Where
from bot.policy.results import PolicyForm, PolicyListing, PolicyShown, PresetList
from bot.slack import kit

LONGEST_SHOWN = 2_500  # characters of YAML in a message; the file has all of it
MOST_FOREIGN = 5
WORDS = {"apply": "applied", "delete": "deleted", "rollback": "rolled back"}


def presets(found: PresetList) -> kit.Rendered:
    """What each preset does, what surprises people, and a command to copy."""
    blocks = [
        kit.section(
            f"{kit.bold(preset.name)}\n{kit.escape(preset.text)}\n⚠️ {kit.escape(preset.caution)}\n"
            f"{kit.code(f'{COMMAND} policy preview {preset.name} {preset.example}')}"
        )
        for preset in found.presets
    ]
    blocks.append(kit.context(f"Your own: `{COMMAND} policy preview --yaml CLUSTER -n NAMESPACE`"))
    headline = (
        f"🧩 {kit.count(len(found.presets), 'preset')}: a preview shows what one does, before it is applied"
    )
    return kit.Rendered(headline=headline, messages=kit.messages("Policy presets", blocks))


def form_offered(found: PolicyForm) -> kit.Rendered:
    """From a mention no form can be opened: a button does."""
    applies = isinstance(found.action, PolicyApply)
    word = "apply" if applies else "preview"
    text = (
        f"Which policy? Put its YAML into a code block, attach a file, or open the form.\n@xk8s policy {word}"
        f" --yaml {kit.escape(found.cluster)} -n {kit.escape(found.namespace)} and below it a code block"
    )
    button = kit.Button(label="Open the form", action=found.action, style="primary", opens_form=True)
    headline = f"📝 A policy of your own for {kit.bold(f'{found.cluster} / {found.namespace}')}"
    blocks = [kit.section(text), kit.buttons(button)]
    return kit.Rendered(headline=headline, messages=kit.messages("Open the form", blocks))


def listed(found: PolicyListing) -> kit.Rendered:
    """A cluster's policies in a table, policies of other APIs, and the last changes with how to take
    them back.
    """
    where = found.where
    number = kit.count(len(found.policies), "policy", "policies")
    headline = f"📜 {number} in {kit.bold(where.cluster)}"
    blocks: list[kit.Block] = [*incomplete(found.foreign, found.gaps), *unenforced(where)]
    rows = [
        [
            each.ref.namespace,
            each.ref.name,
            " and ".join(each.isolates) or "not understood",
            f"{each.pods:,}",
            f"{each.owner.tool} {each.owner.name}".strip() if each.owner else "",
        ]
        for each in found.policies
    ]
    if rows:
        blocks += kit.table_parts(["Namespace", "Policy", "Isolates", "Pods", "Owner"], rows)
    else:
        hint = (
            f"Nothing is isolated: every pod reaches every other. See {kit.code(f'{COMMAND} policy presets')}"
        )
        blocks.append(kit.section(hint))
    blocks += _changes(found)
    return kit.Rendered(headline=headline, messages=kit.messages(number, blocks))


def _changes(found: PolicyListing) -> Iterable[kit.Block]:
    if not found.changes:
        return
    lines = ["*Changed here last*"]
    for change in found.changes:
        undo = (
            "taken back" if change.undone else kit.code(f"{COMMAND} policy rollback {change.operation[:4]}")
        )
        who = kit.person(change.actor)
        lines.append(f"{kit.moment(change.at)} {kit.code(change.ref)} {WORDS[change.kind]} by {who} · {undo}")
    yield from kit.sections("\n".join(lines))


def shown(found: PolicyShown) -> kit.Rendered:
    """One policy as YAML: in the message if it is short, and always as a file."""
    where, ref = found.where, found.ref
    blocks: list[kit.Block] = [*unenforced(where)]
    if found.owner is not None:
        blocks.append(kit.section(f"⚠️ {kit.escape(found.owner.consequence)}"))
    if len(found.yaml) <= LONGEST_SHOWN:
        blocks.append(kit.section(kit.fenced(found.yaml)))
    else:
        blocks.append(kit.section("It is too long for a message: see the file."))
    facts = [f"isolates {kit.count(found.selected, 'pod')}"]
    if found.last_writer:
        facts.append(f"last written by {kit.escape(found.last_writer)}")
    if len(found.managers) > 1:
        facts.append(f"field managers: {kit.escape(', '.join(found.managers))}")
    blocks.append(kit.section(" · ".join(facts)))
    delete = PolicyDelete(policy=ref.name, cluster=where.cluster_id, namespace=ref.namespace)
    question = kit.Confirm(
        title=kit.cut(f"Delete {ref.name}?", 100),
        text=(
            f"It isolates {kit.count(found.selected, 'pod')} in {where.cluster} / {ref.namespace}. A"
            " roll-back brings it back."
        ),
        confirm="Delete",
    )
    blocks.append(
        kit.buttons(
            kit.Button(label="All policies", action=PolicyList(cluster=where.cluster_id)),
            kit.Button(label="Delete", action=delete, style="danger", confirm=question),
        )
    )
    file = kit.File(name=f"{ref.name}.yaml", title=f"{ref} of {where.cluster}", content=found.yaml.encode())
    headline = f"📄 {kit.bold(ref.name)} on {kit.bold(f'{where.cluster} / {ref.namespace}')}"
    return kit.Rendered(headline=headline, messages=kit.messages(f"Policy {ref}", blocks), files=(file,))


def incomplete(foreign: tuple[OtherPolicies, ...], gaps: tuple[str, ...]) -> Iterable[kit.Block]:
    """What may decide otherwise and is not computed; nothing if there is none."""
    if not foreign and not gaps:
        return
    lines = [f"• {kit.escape(each)}" for each in foreign[:MOST_FOREIGN]]
    if len(foreign) > MOST_FOREIGN:
        lines.append(f"• …and {len(foreign) - MOST_FOREIGN} more")
    lines += [f"• {kit.escape(kit.cut(gap, 400))}" for gap in gaps]
    head = (
        "⚠️ *Incomplete*: what is said here is computed from NetworkPolicies alone, and this may decide"
        " otherwise"
    )
    yield from kit.sections("\n".join([head, *lines]))


def unenforced(where: Where) -> Iterable[kit.Block]:
    """That nothing enforces policies in a cluster, if so."""
    if where.enforces:
        return
    if not where.driver:
        yield kit.section(
            "⚠️ No network driver that I know runs there: whether policies are enforced is not known."
        )
        return
    move = kit.code(f"{COMMAND} migrate {where.cluster} --to {recommended().driver}")
    yield kit.section(
        f"⚠️ {kit.escape(where.driver)} enforces no NetworkPolicy: every connection is open there, whatever"
        f" is said here. To move the cluster: {move}"
    )
