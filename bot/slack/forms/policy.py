"""The form of a person's own NetworkPolicy: a text area for its YAML, or a file."""

from bot.actions.policies import PolicyApply, PolicyPreview
from bot.actions.request import OfferId, OperationId
from bot.policy import yaml_document
from bot.policy.errors import InvalidManifest
from bot.policy.results import PolicyForm
from bot.policy.validation import check_kind
from bot.slack import kit
from bot.slack.forms.form import Errors, Form, Values
from bot.slack.forms.parts import View, form_view, labelled, text_input

NAME = "policy"
LONGEST_TEXT = 3_000  # characters of a text area; a longer policy goes into a file
EXAMPLE = "apiVersion: networking.k8s.io/v1 …"


def policy_view(form: PolicyForm, operation: OperationId, offer: OfferId) -> View:
    """The modal that takes one NetworkPolicy."""
    where = f"{kit.bold(form.namespace)} of {kit.bold(form.cluster)}"
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
    word = "Apply" if isinstance(form.action, PolicyApply) else "Preview"
    return form_view(
        operation=operation, offer=offer, title=f"{word} a policy", submit=word, blocks=blocks, form=NAME
    )


def policy_errors(values: Values, files: int) -> Errors:
    """What is wrong with the form, as far as that can be seen without a cluster."""
    text = str(values.get("manifest") or "").strip()
    if text and files:
        return {"manifest": "Either the YAML or a file, not both."}
    if not text:
        return {} if files else {"manifest": "Paste the YAML or pick a file."}
    try:
        check_kind(yaml_document.read_document(text))
    except InvalidManifest as problem:
        return {"manifest": f"{problem.what}: {problem.why}".rstrip(": ").replace("`", "")[:150]}
    return {}


def fill_policy(action: PolicyPreview | PolicyApply, values: Values) -> PolicyPreview | PolicyApply:
    """The action with the pasted YAML; a file is read later, by `attachments`."""
    text = str(values.get("manifest") or "").strip("\n")
    return action.model_copy(update={"manifest": text or None})


FORM = Form[PolicyForm, PolicyPreview | PolicyApply](
    name=NAME,
    result=PolicyForm,
    opens=lambda action: isinstance(action, (PolicyPreview, PolicyApply)) and action.needs_manifest,
    view=policy_view,
    offered=lambda form, _opener: form.action,
    fills=(PolicyPreview, PolicyApply),
    fill=fill_policy,
    errors=policy_errors,
)
