"""The form for a NetworkPolicy of one's own: checked before it closes, as far as that needs no cluster."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions.policies import PolicyApply, PolicyPreview
from bot.actions.request import OfferId
from bot.policy.results import PolicyForm
from bot.slack import kit
from bot.slack.forms import catalog, policy
from tests.unit.slack.examples.requests import OPERATION

LACKS_YAML = PolicyPreview(cluster="prod-eu", namespace="shop", yaml=True)


@pytest.mark.parametrize(
    ("fields", "files", "wrong"),
    [
        ({"manifest": ""}, 0, "Paste the YAML or pick a file."),
        ({"manifest": "kind: x"}, 1, "Either the YAML or a file, not both."),
        ({"manifest": "a: ["}, 0, "This is no YAML"),
        ({"manifest": "kind: Secret\napiVersion: v1"}, 0, "This is a Secret, not a NetworkPolicy"),
        ({"manifest": "kind: NetworkPolicy\napiVersion: networking.k8s.io/v1"}, 0, ""),
        ({"manifest": None}, 1, ""),
    ],
)
def test_a_form_is_checked_before_it_closes(fields: dict[str, Any], files: int, wrong: str) -> None:
    errors = catalog.form_errors(f"{kit.FORM}.{policy.NAME}", fields, files=files)
    assert errors.get("manifest", "").startswith(wrong) and bool(errors) == bool(wrong)


@pytest.mark.parametrize(("kind", "word"), [(PolicyPreview, "Preview"), (PolicyApply, "Apply")])
def test_the_modal_is_called_by_what_it_does(
    kind: type[PolicyPreview] | type[PolicyApply], word: str
) -> None:
    action = kind(cluster="prod-eu", namespace="shop", yaml=True)
    form = PolicyForm(action=action, cluster="prod-eu", namespace="shop")
    view = policy.policy_view(form, OPERATION, OfferId("o"))
    assert (view["title"]["text"], view["submit"]["text"]) == (f"{word} a policy", word)
    assert [block.get("block_id") for block in view["blocks"]] == [None, "manifest", "file"]


@pytest.mark.parametrize(("text", "manifest"), [("\nkind: x\n", "kind: x"), ("", None), (None, None)])
def test_the_pasted_text_becomes_the_manifest(text: str | None, manifest: str | None) -> None:
    filled = policy.fill_policy(LACKS_YAML, {"manifest": text})
    assert filled == LACKS_YAML.model_copy(update={"manifest": manifest})
