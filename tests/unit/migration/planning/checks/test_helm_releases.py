"""Helm releases and their records."""

from __future__ import annotations

import base64
import gzip
import json

from bot.migration.objects.fields import Object
from tests.unit.migration.builders import an
from tests.unit.migration.planning.plans import finding_texts, plan


def record(manifest: str) -> Object:
    body = json.dumps({"name": "web", "namespace": "shop", "manifest": manifest}).encode()
    data = base64.b64encode(base64.b64encode(gzip.compress(body))).decode()
    return an(
        "Secret",
        "sh.helm.release.v1.web.v1",
        type="helm.sh/release.v1",
        labels={"status": "deployed"},
        data={"release": data},
    )


def test_a_release_whose_objects_are_not_all_copied_is_reported_and_a_whole_one_is_not() -> None:
    manifest = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n---\napiVersion: policy/v1beta1\nkind:"
        " PodDisruptionBudget\nmetadata: {name: web}\n"
    )
    text = finding_texts(plan(record(manifest), an("ConfigMap", "settings")))
    assert "1 object of the release web not copied PodDisruptionBudget shop/web" in text
    assert "names policy/v1beta1" in text
    whole = plan(
        record("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"), an("ConfigMap", "settings")
    )
    assert "Helm" not in {finding.about for finding in whole.warnings}


def test_a_record_that_is_no_release_is_reported_and_not_shown() -> None:
    broken = an(
        "Secret",
        "r",
        type="helm.sh/release.v1",
        labels={"status": "deployed"},
        data={"release": "aHVudGVyMg=="},
    )
    assert "cannot be read" in finding_texts(plan(broken))
