"""The form for a person's own NetworkPolicy: an area for its YAML, or a file."""

from __future__ import annotations

from typing import Any

from bot.actions.policies import PolicyApply, PolicyPreview
from bot.actions.request import OfferId, OperationId
from bot.policy import yaml_document
from bot.policy.errors import BadManifest
from bot.policy.results import PolicyForm
from bot.policy.validation import check_kind
from bot.slack import kit
from bot.slack.forms.parts import View, form_view, labelled, text_input

FORM = "policy"  # its values are checked before it closes
LONGEST_TEXT = 3_000  # characters of a text area; what is longer goes into a file
EXAMPLE = "apiVersion: networking.k8s.io/v1 …"


def policy_view(wanted: PolicyForm, *, operation: OperationId, offer: OfferId) -> View:
    """The form."""
    applies = isinstance(wanted.action, PolicyApply)
    where = f"{kit.bold(wanted.namespace)} of {kit.bold(wanted.cluster)}"
    text = text_input("manifest", multiline=True, placeholder=EXAMPLE) | {"max_length": LONGEST_TEXT}
    file = {
        "type": "file_input",
        "action_id": "file",
        "filetypes": ["yaml", "yml", "json", "txt"],
        "max_files": 1,
    }
    blocks = [
        kit.section(f"One NetworkPolicy for the namespace {where}: paste it, or pick a file."),
        labelled("manifest", "YAML", text, optional=True),
        labelled("file", "Or a file", file, hint="One NetworkPolicy, at most 256 KiB.", optional=True),
    ]
    word = "Apply" if applies else "Preview"
    return form_view(
        operation=operation, offer=offer, title=f"{word} a policy", submit=word, blocks=blocks, form=FORM
    )


def policy_errors(fields: dict[str, Any], *, files: int) -> dict[str, str]:
    """What is wrong with a form, beside its field: what can be seen without a cluster."""
    text = str(fields.get("manifest") or "").strip()
    if bool(text) == bool(files):
        return {
            "manifest": "Paste the YAML or pick a file."
            if not text
            else "Either the YAML or a file, not both."
        }
    if not text:
        return {}
    try:
        check_kind(yaml_document.read(text))
    except BadManifest as wrong:
        return {"manifest": f"{wrong.what}: {wrong.why}".rstrip(": ").replace("`", "")[:150]}
    return {}


def filled(action: PolicyPreview | PolicyApply, fields: dict[str, Any]) -> PolicyPreview | PolicyApply:
    """The words with the pasted YAML; a file is read where it is taken."""
    text = str(fields.get("manifest") or "").strip("\n")
    return action.model_copy(update={"manifest": text or None})
