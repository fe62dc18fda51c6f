"""The actions on NetworkPolicies: presets, preview, apply, roll-back, reachability."""

import hashlib
from typing import Annotated, Any

from bot.actions import values
from bot.actions.action import Action, Effect
from bot.actions.parameters import Argument, Flag, Option

Namespace = Annotated[str, Option("--namespace", "NS", values.label, short="-n")]


class PolicyPresets(Action):
    """Ready-made NetworkPolicies and what each does."""

    name = "policy.presets"
    example = "policy presets"


class PolicyList(Action):
    """A cluster's NetworkPolicies.

    The last changes that were made here stand below them.
    """

    name = "policy.list"
    example = "policy list prod-eu"
    target_field = "cluster"
    cluster: Annotated[str, Argument("CLUSTER", values.name)]


class PolicyShow(Action):
    """One NetworkPolicy as YAML."""

    name = "policy.show"
    example = "policy show default-deny prod-eu -n shop"
    target_field = "cluster"
    policy: Annotated[str, Argument("NAME", values.name)]
    cluster: Annotated[str, Argument("CLUSTER", values.name)]
    namespace: Namespace


class _PolicyChange(Action):
    """A preset, or with `--yaml` the asker's own policy (a code block in a mention, a form in a command)."""

    target_field = "cluster"
    preset: Annotated[str | None, Argument("PRESET", values.name)] = None
    cluster: Annotated[str, Argument("CLUSTER", values.name)]
    namespace: Namespace
    yaml: Annotated[bool, Flag("--yaml")] = False
    from_namespace: Annotated[
        tuple[str, ...], Option("--from-namespace", "A,B", values.label, commas=True)
    ] = ()
    to_namespace: Annotated[tuple[str, ...], Option("--to-namespace", "A,B", values.label, commas=True)] = ()
    port: Annotated[tuple[str, ...], Option("--port", "TCP/80", values.port, repeated=True)] = ()
    allow_dns: Annotated[bool, Flag("--allow-dns")] = False  # the policy lets DNS through all the same
    manifest: str | None = None  # the YAML itself, from the code block, the form or a file

    @classmethod
    def assemble(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Take the first word for the cluster with `--yaml`, because then there is no preset."""
        first, second = values.get("preset"), values.get("cluster")
        if values.get("yaml") or values.get("manifest"):
            if first is not None and second is not None:
                raise ValueError(f"with `--yaml` there is no preset: leave `{first}` out")
            return {**values, "yaml": True, "preset": None, "cluster": second or first}
        if first is not None and second is None:
            raise ValueError("the cluster is missing")
        if first is None:
            raise ValueError("a preset is missing, or `--yaml`")
        return values

    @property
    def needs_manifest(self) -> bool:
        """Whether the asker's own YAML is still missing."""
        return self.yaml and self.manifest is None

    def audit_arguments(self) -> dict[str, Any]:
        """Return the arguments with a digest in place of the YAML, which may hold anything."""
        arguments = super().audit_arguments()
        if self.manifest is not None:
            digest = hashlib.sha256(self.manifest.encode(errors="surrogatepass")).hexdigest()
            arguments["manifest"] = f"{len(self.manifest)} characters, sha256 {digest}"
        return arguments


class PolicyPreview(_PolicyChange):
    """Which connections a policy closes and opens, before it is applied."""

    name = "policy.preview"
    example = "policy preview default-deny-ingress prod-eu -n shop"


class PolicyApply(_PolicyChange):
    """Apply a policy, keeping what was there before."""

    name = "policy.apply"
    effect = Effect.CHANGE
    example = "policy apply allow-same-namespace prod-eu -n shop"
    # kubectl's word: take fields over that another field manager owns
    force_conflicts: Annotated[bool, Flag("--force-conflicts")] = False


class PolicyDelete(Action):
    """Delete a policy, keeping what was there before."""

    name = "policy.delete"
    effect = Effect.CHANGE
    example = "policy delete default-deny prod-eu -n shop"
    target_field = "cluster"
    policy: Annotated[str, Argument("NAME", values.name)]
    cluster: Annotated[str, Argument("CLUSTER", values.name)]
    namespace: Namespace


class PolicyRollback(Action):
    """Restore what was there before a change.

    Exactly that object comes back, unless somebody has changed it since.
    """

    name = "policy.rollback"
    effect = Effect.CHANGE
    example = "policy rollback 7f3a"
    target_field = "change"
    change: Annotated[str, Argument("CHANGE", values.name)]


class PolicyReach(Action):
    """Can A reach B, and which rule says so?

    Without ends: what is open to everybody. An end is a pod, a workload (all its pods) or an address outside
    of the cluster.
    """

    name = "policy.reach"
    example = "policy reach prod-eu --from shop/frontend --to shop/cart --port TCP/7070"
    target_field = "cluster"
    cluster: Annotated[str, Argument("CLUSTER", values.name)]
    source: Annotated[str | None, Option("--from", "NS/POD", values.endpoint)] = None
    destination: Annotated[str | None, Option("--to", "NS/POD", values.endpoint)] = None
    port: Annotated[str | None, Option("--port", "TCP/80", values.port)] = None
