"""The view of `driver list` and `driver show`: the drivers side by side, or one of them."""

from bot.actions.mistakes import COMMAND
from bot.actions.templates import TemplateCreate
from bot.clusters.driver_comparison import DriverComparison
from bot.slack import kit
from bot.slack.views.registry import shows

FOREVER = "🔒 The driver is part of the cluster template and *cannot be changed after a cluster is deployed*."


@shows(DriverComparison)
def show_comparison(comparison: DriverComparison) -> kit.Rendered:
    """One driver, or all of them, in a table, with a button that creates a template of each."""
    single = comparison.one
    profiles = (single,) if single else comparison.profiles
    table = kit.table(
        ["", *(profile.title for profile in profiles)],
        [
            ["NetworkPolicy", *(profile.comparison.network_policy for profile in profiles)],
            ["Performance and data path", *(profile.comparison.performance for profile in profiles)],
            ["Encryption", *(profile.comparison.encryption for profile in profiles)],
            ["Recommended for", *(profile.comparison.recommended_for for profile in profiles)],
        ],
    )
    buttons = [
        kit.Button(
            label=f"Create a {profile.title} template",
            action=TemplateCreate(driver=profile.driver),
            style="primary" if number == 0 and len(profiles) > 1 else None,
        )
        for number, profile in enumerate(profiles)
    ]
    blocks = [table, kit.section(FOREVER), kit.buttons(*buttons)]
    names = " and ".join(profile.title for profile in profiles)
    headline = f"📚 {kit.bold(names)} side by side"
    if single:
        if single.warning:
            blocks.insert(1, kit.section(f"⚠️ {kit.escape(single.warning)}"))
        blocks.append(kit.context(f"Side by side: `{COMMAND} driver list`"))
        headline = f"📚 {kit.bold(single.title)}: for {single.comparison.recommended_for}"
    text = f"{names}: " + "; ".join(f"{p.title} is for {p.comparison.recommended_for}" for p in profiles)
    return kit.Rendered(headline=headline, messages=kit.messages(text, blocks))
