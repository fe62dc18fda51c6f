"""NetworkPolicies and Ingresses."""

from collections.abc import Iterator

from bot.migration.objects.fields import Object
from bot.migration.objects.kinds import INGRESS
from bot.migration.objects.transforms.transform import Transform, TransformContext, TransformNote, warning


def _policy(obj: Object, _original: Object, context: TransformContext) -> Iterator[TransformNote]:
    """Warn of blocks with the old cluster's addresses: in the new one they select nothing, or others."""
    spec = obj.get("spec") or {}
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for peer in (peer for rule in spec.get(direction) or [] for peer in rule.get(peers) or []):
            cidr = (peer.get("ipBlock") or {}).get("cidr", "")
            meaning = context.ranges.describe(cidr)
            if meaning:
                yield warning(
                    f"{direction} names {cidr}, {meaning} in the old cluster: it means nothing in the new one"
                )


def _ingress(obj: Object, _original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    hosts = sorted({rule["host"] for rule in (obj.get("spec") or {}).get("rules") or [] if rule.get("host")})
    if hosts:
        yield TransformNote(text=f"DNS of {', '.join(hosts)} must lead to the new cluster after the cut-over")


TRANSFORMS = (
    Transform(kinds=(("networking.k8s.io", "NetworkPolicy"),), rewrite=_policy),
    Transform(kinds=(INGRESS,), rewrite=_ingress),
)
