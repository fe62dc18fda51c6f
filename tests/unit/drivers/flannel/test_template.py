"""Flannel's options and labels in a cluster template."""

from __future__ import annotations

import pytest

from bot.common.problems import Refusal
from bot.drivers.flannel.template import BACKENDS, RULES


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_backend_of_magnum_becomes_a_label(backend: str) -> None:
    assert RULES.labels_of({"backend": backend}) == {"flannel_backend": backend}
    assert RULES.check_labels({"flannel_backend": backend}) == ()


def test_another_backend_is_refused_as_an_option_and_a_problem_as_a_label() -> None:
    with pytest.raises(Refusal) as refusal:
        RULES.labels_of({"backend": "wireguard"})
    assert refusal.value.what == "Flannel on Magnum has no backend `wireguard`"
    [problem] = RULES.check_labels({"flannel_backend": "wireguard"})
    assert problem.fix == "--backend vxlan"


def test_without_options_and_labels_magnum_chooses() -> None:
    assert RULES.labels_of({}) == {} and RULES.check_labels({}) == ()


def test_encryption_is_refused_with_a_driver_that_has_it() -> None:
    with pytest.raises(Refusal, match="cannot encrypt") as refusal:
        RULES.labels_of({"wireguard": True})
    assert "template create calico" in refusal.value.fix
