"""The view of `policy preview`: what a NetworkPolicy would close and open, and the button that applies it."""

from collections.abc import Iterable

from bot.actions.policies import PolicyApply, PolicyPreview, PolicyReach
from bot.policy import diff_text
from bot.policy.diff_text import ConnectionFate
from bot.policy.preview import ConnectionPreview
from bot.policy.results import PreviewShown
from bot.slack import kit
from bot.slack.views import policy_effects
from bot.slack.views.policy_effects import MOST_NOTES
from bot.slack.views.registry import shows


@shows(PreviewShown)
def show_preview(result: PreviewShown) -> kit.Rendered:
    """What a policy would do; nothing was written."""
    preview = result.preview
    blocks = [*policy_effects.effects(preview), *_conflicts(preview), _buttons(result)]
    summary = policy_effects.summary(preview)
    return kit.Rendered(
        headline=f"🔎 {kit.bold(preview.ref.name)} on {policy_effects.place(preview)}: {_verdict(preview)}",
        messages=kit.messages(f"{preview.ref} on {preview.cluster.name}: {summary}", blocks),
        files=tuple(policy_effects.preview_files(preview)),
    )


def _verdict(preview: ConnectionPreview) -> str:
    if preview.unchanged:
        return "is there already, word for word"
    if not preview.changes:
        return "changes nothing"
    return kit.escape(policy_effects.summary(preview))


def _conflicts(preview: ConnectionPreview) -> Iterable[kit.Block]:
    """The fields that other managers own, which server-side apply writes only if it is forced."""
    if preview.takeovers:
        lines = [
            "⚠️ *Other field managers own what would be written*; an apply stops there unless it is told to"
            " take over:"
        ]
        lines += [
            f"• {kit.code(takeover.manager)} owns {kit.code(takeover.field)}"
            for takeover in preview.takeovers[:MOST_NOTES]
        ]
        remaining = len(preview.takeovers) - MOST_NOTES
        lines += [f"• …and {remaining} more"] if remaining > 0 else []
        yield kit.section("\n".join(lines))


def _buttons(result: PreviewShown) -> kit.Block:
    action, buttons = result.action, []
    if isinstance(action, PolicyPreview):
        if result.may_apply:
            buttons.append(_apply_button(action, result.preview))
        if result.dns_helps:
            with_dns = action.model_copy(update={"allow_dns": True})
            buttons.append(kit.Button(label="Add allow-dns and preview again", action=with_dns))
        reach = PolicyReach(cluster=result.preview.cluster.id)
        buttons.append(kit.Button(label="What is open there?", action=reach))
        buttons.append(kit.Button(label="Cancel", action=action, dismisses=True))
    return kit.buttons(*buttons)


def _apply_button(action: PolicyPreview, preview: ConnectionPreview) -> kit.Button:
    """Apply what was previewed.

    Where connections close or fields are taken over, it is red and asks again.
    """
    forces = bool(preview.takeovers)
    closes = diff_text.count(diff_text.diff_lines(preview.changes), ConnectionFate.CLOSES)
    dangerous = bool(closes) or forces
    confirm = kit.Confirm(
        title=kit.cut(f"Apply {preview.ref.name}?", 100),
        text=kit.cut(f"{_consequence(preview)} A roll-back takes it back.", 300),
        confirm="Apply",
        deny="Not yet",
    )
    return kit.Button(
        label="Take over and apply" if forces else "Apply",
        action=PolicyApply(**action.model_dump(exclude={"reason"}), force_conflicts=forces),
        style="danger" if dangerous else "primary",
        confirm=confirm if dangerous else None,
    )


def _consequence(preview: ConnectionPreview) -> str:
    summary = policy_effects.summary(preview)
    text = f"{summary[:1].upper()}{summary[1:]}."
    if preview.takeovers:
        managers = ", ".join(sorted({takeover.manager for takeover in preview.takeovers})[:3])
        fields = kit.count(len(preview.takeovers), "field")
        text += f" Takes {fields} over from {kit.escape(kit.cut(managers, 100))}."
    return f"{text} The cluster is marked production." if preview.cluster.production else text
