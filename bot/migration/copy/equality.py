"""Whether two objects are one configuration: both are compared without what belongs to their cluster."""

from bot.migration.objects.canonical import digest
from bot.migration.objects.fields import MIGRATION, Object, drop_if_empty, labels_of
from bot.migration.objects.transforms.catalog import strip
from bot.migration.objects.transforms.transform import TransformContext


def is_same_configuration(expected: Object, live: Object, context: TransformContext, key: bytes) -> bool:
    """Return whether an object of the target is configured as expected."""
    return comparable(expected, context, key) == comparable(live, context, key)


def comparable(obj: Object, context: TransformContext, key: bytes) -> str:
    """Return the digest by which a copy is compared: stripped, without the migration's label."""
    return digest(unlabelled(strip(obj, context)[0]), key)


def unlabelled(obj: Object) -> Object:
    """Return an object without the label by which a migration finds what it has created."""
    labels = {name: value for name, value in labels_of(obj).items() if name != MIGRATION}
    metadata = {**obj["metadata"], "labels": labels}
    drop_if_empty(metadata, "labels")
    return {**obj, "metadata": metadata}
