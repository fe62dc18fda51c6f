"""Two objects are one configuration if they differ only in what belongs to their cluster."""

from __future__ import annotations

from bot.migration.copy.equality import comparable, is_same_configuration, unlabelled
from tests.unit.migration.builders import an, context, workload

KEY = b"a key"


def test_what_servers_write_and_the_migrations_label_make_no_difference() -> None:
    source = an("ConfigMap", data={"k": "v"})
    copy = an("ConfigMap", data={"k": "v"}, labels={"xk8s.io/migration": "m1"}, status={"x": 1})
    assert is_same_configuration(source, copy, context(), KEY)
    assert not is_same_configuration(source, an("ConfigMap", data={"k": "w"}), context(), KEY)


def test_other_labels_make_a_difference() -> None:
    assert not is_same_configuration(
        an("ConfigMap"), an("ConfigMap", labels={"team": "shop"}), context(), KEY
    )


def test_only_the_digest_of_a_secret_depends_on_the_key() -> None:
    secret, web = an("Secret", data={"k": "dg=="}), workload()
    assert comparable(secret, context(), KEY) != comparable(secret, context(), b"other")
    assert comparable(web, context(), KEY) == comparable(web, context(), b"other")


def test_an_object_without_its_label_has_no_empty_labels() -> None:
    labelled = an("ConfigMap", labels={"xk8s.io/migration": "m1"})
    assert "labels" not in unlabelled(labelled)["metadata"]
    assert labelled["metadata"]["labels"], "the original is not changed"
