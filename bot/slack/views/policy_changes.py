"""The view of a policy change that was made: applied, deleted or rolled back, compared with its preview."""

from collections.abc import Iterable

from bot.actions.mistakes import COMMAND
from bot.actions.policies import PolicyRollback
from bot.policy import diff_text
from bot.policy.post_check import PostCheck
from bot.policy.results import PolicyChanged
from bot.slack import kit
from bot.slack.views import policy_effects
from bot.slack.views.policy_effects import MOST_NOTES
from bot.slack.views.registry import shows

NOT_MEASURED = (
    "Accepted by the API; enforcement not measured: no Kubernetes API tells what a driver enforces."
)
HEADS = {"apply": ("✅", "applied on"), "delete": ("🗑", "deleted from"), "rollback": ("↩️", "rolled back on")}


@shows(PolicyChanged)
def show_change(result: PolicyChanged) -> kit.Rendered:
    """What came of an apply, a deletion or a roll-back, and the button that rolls it back."""
    preview = result.preview
    mark, verb = HEADS[result.kind]
    subject, place = f"{mark} {kit.bold(preview.ref.name)}", policy_effects.place(preview)
    summary = policy_effects.summary(preview)
    if not result.change:
        headline = f"{subject} on {place}: is there already, word for word; nothing was written"
        text = f"{preview.ref} on {preview.cluster.name}: {summary}"
        return kit.Rendered(headline=headline, messages=kit.messages(text, policy_effects.effects(preview)))
    blocks: list[kit.Block] = [kit.section(NOT_MEASURED)]
    if result.undoes:
        undone = kit.code(result.undoes[:4])
        blocks.append(kit.section(f"Restored exactly what was there before the change {undone}."))
    if result.deleting:
        blocks.append(kit.section("⏳ It is being deleted: a finalizer still keeps it."))
    blocks += [*_comparison(result), *policy_effects.effects(preview), *_rollback(result)]
    return kit.Rendered(
        headline=f"{subject} {verb} {place}: {kit.escape(summary)}",
        messages=kit.messages(f"{preview.ref} {verb} {preview.cluster.name}", blocks),
        files=tuple(policy_effects.connections_file(preview)),
    )


def _comparison(result: PolicyChanged) -> Iterable[kit.Block]:
    check = result.post_check
    if check is None:
        yield kit.section(f"⚠️ Not compared with the preview: {kit.escape(result.not_compared)}")
    elif check.as_previewed:
        yield kit.section("✅ Read again and computed: exactly what was previewed.")
    else:
        lines = ["⚠️ *Not as previewed*; since then:", *_differences(check)]
        lines += policy_effects.connection_lines(diff_text.diff_lines(check.changes), result.ref.namespace)
        yield from kit.sections("\n".join(lines))


def _differences(check: PostCheck) -> Iterable[str]:
    for pods, verb in ((check.created_pods, "came"), (check.deleted_pods, "went")):
        if pods:
            names = kit.escape(policy_effects.pod_names(pods))
            yield f"• {kit.count(len(pods), 'pod')} {verb}: {names}"
    for policy in check.policies[:MOST_NOTES]:
        yield f"• the policy {kit.escape(policy)}"


def _rollback(result: PolicyChanged) -> Iterable[kit.Block]:
    if result.note:
        yield kit.section(f"⚠️ It cannot be taken back: {kit.escape(result.note)}")
        return
    if result.deleting:
        return
    reference = result.change[:4]
    text = f"Restores exactly what was there before: {result.ref} on {result.cluster.name}."
    confirm = kit.Confirm(title=f"Roll {reference} back?", text=kit.cut(text, 300), confirm="Roll back")
    action = PolicyRollback(change=result.change)
    yield kit.buttons(kit.Button(label="Roll back", action=action, style="danger", confirm=confirm))
    yield kit.context(f"take it back: `{COMMAND} policy rollback {reference}`")
