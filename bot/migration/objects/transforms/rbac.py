"""Role bindings: an account of a namespace that is not migrated does not exist in the new cluster."""

from collections.abc import Iterator

from bot.migration.objects.fields import Object
from bot.migration.objects.kinds import RBAC, service_accounts
from bot.migration.objects.transforms.transform import Transform, TransformContext, TransformNote, warning


def _binding(obj: Object, _original: Object, context: TransformContext) -> Iterator[TransformNote]:
    outside = sorted({namespace for namespace, _ in service_accounts(obj)} - context.namespaces - {""})
    if outside:
        yield warning(f"it names service accounts in {', '.join(outside)}, which are not migrated")


TRANSFORMS = (Transform(kinds=((RBAC, "RoleBinding"), (RBAC, "ClusterRoleBinding")), rewrite=_binding),)
