"""The views of policies at rest: the presets, a cluster's list, one as YAML, and the button that takes one's
own.
"""

from collections.abc import Iterable

from bot.actions.mistakes import COMMAND
from bot.actions.policies import PolicyApply, PolicyDelete, PolicyList
from bot.drivers.catalog import recommended
from bot.policy.other_policy_apis import OtherPolicy
from bot.policy.preview import PolicyCluster
from bot.policy.results import ListedPolicy, PolicyForm, PolicyListing, PolicyShown, PresetList, RecentChange
from bot.slack import kit
from bot.slack.views.registry import shows

LONGEST_YAML = 2_500  # characters of YAML in a message; the file has all of it
MOST_OTHERS = 5
CHANGES = {"apply": "applied", "delete": "deleted", "rollback": "rolled back"}


@shows(PresetList)
def show_presets(listing: PresetList) -> kit.Rendered:
    """What each preset does, what surprises people, and a command to copy."""
    blocks = [
        kit.section(
            f"{kit.bold(preset.name)}\n{kit.escape(preset.text)}\n⚠️ {kit.escape(preset.caution)}\n"
            f"{kit.code(f'{COMMAND} policy preview {preset.name} {preset.example}')}"
        )
        for preset in listing.presets
    ]
    blocks.append(kit.context(f"Your own: `{COMMAND} policy preview --yaml CLUSTER -n NAMESPACE`"))
    count = kit.count(len(listing.presets), "preset")
    headline = f"🧩 {count}: a preview shows what one does, before it is applied"
    return kit.Rendered(headline=headline, messages=kit.messages("Policy presets", blocks))


@shows(PolicyForm)
def show_form_button(form: PolicyForm) -> kit.Rendered:
    """Offer the form for a person's own policy: from a mention none can be opened at once."""
    word = "apply" if isinstance(form.action, PolicyApply) else "preview"
    text = (
        f"Which policy? Put its YAML into a code block, attach a file, or open the form.\n@xk8s policy {word}"
        f" --yaml {kit.escape(form.cluster)} -n {kit.escape(form.namespace)} and below it a code block"
    )
    button = kit.Button(label="Open the form", action=form.action, style="primary", opens_form=True)
    headline = f"📝 A policy of your own for {kit.bold(f'{form.cluster} / {form.namespace}')}"
    blocks = [kit.section(text), kit.buttons(button)]
    return kit.Rendered(headline=headline, messages=kit.messages("Open the form", blocks))


@shows(PolicyListing)
def show_list(listing: PolicyListing) -> kit.Rendered:
    """A cluster's policies in a table, those of other APIs, and the last changes."""
    count = kit.count(len(listing.policies), "policy", "policies")
    blocks: list[kit.Block] = [
        *incomplete(listing.other_policies, listing.gaps),
        *unenforced(listing.cluster),
    ]
    if listing.policies:
        columns = ["Namespace", "Policy", "Isolates", "Pods", "Owner"]
        blocks += kit.table_parts(columns, [_row(policy) for policy in listing.policies])
    else:
        hint = kit.code(f"{COMMAND} policy presets")
        blocks.append(kit.section(f"Nothing is isolated: every pod reaches every other. See {hint}"))
    if listing.changes:
        lines = ["*Changed here last*", *map(_change, listing.changes)]
        blocks += kit.sections("\n".join(lines))
    headline = f"📜 {count} in {kit.bold(listing.cluster.name)}"
    return kit.Rendered(headline=headline, messages=kit.messages(count, blocks))


def _row(policy: ListedPolicy) -> list[str]:
    return [
        policy.ref.namespace,
        policy.ref.name,
        " and ".join(policy.isolates) or "not understood",
        f"{policy.pods:,}",
        f"{policy.owner.tool} {policy.owner.name}".strip() if policy.owner else "",
    ]


def _change(change: RecentChange) -> str:
    command = kit.code(f"{COMMAND} policy rollback {change.operation[:4]}")
    change_text = f"{kit.code(change.ref)} {CHANGES[change.kind]} by {kit.person(change.actor)}"
    return f"{kit.moment(change.at)} {change_text} · {'taken back' if change.undone else command}"


@shows(PolicyShown)
def show_details(details: PolicyShown) -> kit.Rendered:
    """One policy as YAML: in the message if it is short, and always as a file."""
    cluster, ref = details.cluster, details.ref
    blocks: list[kit.Block] = [*unenforced(cluster)]
    if details.owner is not None:
        blocks.append(kit.section(f"⚠️ {kit.escape(details.owner.consequence)}"))
    is_short = len(details.yaml) <= LONGEST_YAML
    text = kit.fenced(details.yaml) if is_short else "It is too long for a message: see the file."
    blocks += [kit.section(text), kit.section(" · ".join(_facts(details))), _buttons(details)]
    file = kit.File(name=f"{ref.name}.yaml", title=f"{ref} of {cluster.name}", content=details.yaml.encode())
    headline = f"📄 {kit.bold(ref.name)} on {kit.bold(f'{cluster.name} / {ref.namespace}')}"
    return kit.Rendered(headline=headline, messages=kit.messages(f"Policy {ref}", blocks), files=(file,))


def _facts(details: PolicyShown) -> list[str]:
    facts = [f"isolates {kit.count(details.selected, 'pod')}"]
    if details.last_writer:
        facts.append(f"last written by {kit.escape(details.last_writer)}")
    if len(details.managers) > 1:
        facts.append(f"field managers: {kit.escape(', '.join(details.managers))}")
    return facts


def _buttons(details: PolicyShown) -> kit.Block:
    cluster, ref = details.cluster, details.ref
    pods = f"{kit.count(details.selected, 'pod')} in {cluster.name} / {ref.namespace}"
    confirm = kit.Confirm(
        title=kit.cut(f"Delete {ref.name}?", 100),
        text=f"It isolates {pods}. A roll-back brings it back.",
        confirm="Delete",
    )
    delete = PolicyDelete(policy=ref.name, cluster=cluster.id, namespace=ref.namespace)
    return kit.buttons(
        kit.Button(label="All policies", action=PolicyList(cluster=cluster.id)),
        kit.Button(label="Delete", action=delete, style="danger", confirm=confirm),
    )


def incomplete(other_policies: tuple[OtherPolicy, ...], gaps: tuple[str, ...]) -> Iterable[kit.Block]:
    """The policies of other APIs and the gaps that may decide otherwise than what was computed, if there are
    any.
    """
    if not other_policies and not gaps:
        return
    lines = [
        "⚠️ *Incomplete*: what is said here is computed from NetworkPolicies alone, and this may decide"
        " otherwise"
    ]
    lines += [f"• {kit.escape(policy)}" for policy in other_policies[:MOST_OTHERS]]
    if len(other_policies) > MOST_OTHERS:
        lines.append(f"• …and {len(other_policies) - MOST_OTHERS} more")
    lines += [f"• {kit.escape(kit.cut(gap, 400))}" for gap in gaps]
    yield from kit.sections("\n".join(lines))


def unenforced(cluster: PolicyCluster) -> Iterable[kit.Block]:
    """A warning where the cluster's driver enforces no NetworkPolicy."""
    if cluster.enforces:
        return
    if not cluster.driver:
        yield kit.section(
            "⚠️ No network driver that I know runs there: whether policies are enforced is not known."
        )
        return
    move = kit.code(f"{COMMAND} migrate {cluster.name} --to {recommended().driver}")
    yield kit.section(
        f"⚠️ {kit.escape(cluster.driver)} enforces no NetworkPolicy: every connection is open there, whatever"
        f" is said here. To move the cluster: {move}"
    )
