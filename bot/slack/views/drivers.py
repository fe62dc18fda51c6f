"""The drivers side by side."""

from __future__ import annotations

from bot.actions.mistakes import COMMAND
from bot.actions.templates import TemplateCreate
from bot.clusters.driver_catalog import DriverComparison
from bot.slack import kit

FOREVER = "🔒 The driver is part of the cluster template and *cannot be changed after a cluster is deployed*."


def comparison(found: DriverComparison) -> kit.Rendered:
    """One driver, or all, in a table."""
    shown = (found.one,) if found.one else found.profiles
    table = kit.table(
        ["", *(profile.title for profile in shown)],
        [
            ["NetworkPolicy", *(each.comparison.network_policy for each in shown)],
            ["Performance and data path", *(each.comparison.performance for each in shown)],
            ["Encryption", *(each.comparison.encryption for each in shown)],
            ["Recommended for", *(each.comparison.recommended_for for each in shown)],
        ],
    )
    buttons = [
        kit.Button(
            label=f"Create a {profile.title} template",
            action=TemplateCreate(driver=profile.driver),
            style="primary" if number == 0 and len(shown) > 1 else None,
        )
        for number, profile in enumerate(shown)
    ]
    notes = [kit.section(FOREVER)]
    if found.one and found.one.warning:
        notes.insert(0, kit.section(f"⚠️ {kit.escape(found.one.warning)}"))
    blocks = [table, *notes, kit.buttons(*buttons)]
    names = " and ".join(profile.title for profile in shown)
    headline = (
        f"📚 {kit.bold(found.one.title)}: for {found.one.comparison.recommended_for}"
        if found.one
        else f"📚 {kit.bold(names)} side by side"
    )
    text = f"{names}: " + "; ".join(f"{p.title} is for {p.comparison.recommended_for}" for p in shown)
    if found.one:
        blocks.append(kit.context(f"Side by side: `{COMMAND} driver list`"))
    return kit.Rendered(headline=headline, messages=kit.messages(text, blocks))
