"""The table of rights for the documentation, made from the rules themselves."""

from bot.access.roles import Role, permits
from bot.actions.action import Action
from bot.actions.approvals import ApprovalDecide
from bot.actions.catalog import ACTIONS
from bot.actions.help_pages import usage


def rights_table() -> str:
    """Return a Markdown table: one line an action, one column a role."""
    lines = [f"| | {' | '.join(Role)} |", f"|---|{'---|' * len(Role)}"]
    lines += [_line(f"`{usage(kind).split('[')[0].strip()}`", kind) for kind in ACTIONS]
    return "\n".join([*lines, _line("the buttons Approve and Reject", ApprovalDecide)])


def _line(label: str, kind: type[Action]) -> str:
    marks = ("✓" if permits([role], kind) else "" for role in Role)
    return f"| {label.replace('|', 'or')} | {' | '.join(marks)} |"
