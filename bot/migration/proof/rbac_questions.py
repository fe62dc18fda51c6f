"""Which rights are asked for on both sides: samples of what an account's roles allow, and one that nothing
allows.

Computes only. The rules are RBAC's (https://kubernetes.io/docs/reference/access-authn-authz/rbac/); what they
say is used to choose questions, never to answer them: that is the API servers' part.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.namespace_scope import RBAC
from bot.migration.objects.manifest import Object, Ref, labels_of, ref_of
from bot.migration.planning.plan import MigrationPlan

BUILT_IN = "kubernetes.io/bootstrapping"
PER_ACCOUNT = 6  # samples of what it may; a role like `edit` has dozens of rules
ANY_GROUP, ANY_RESOURCE, ANY_VERB = "", "configmaps", "get"  # what stands for `*` in a question


@dataclasses.dataclass(frozen=True, kw_only=True)
class AccessQuestion:
    """May an account do this? `path` is for what is no resource."""

    account: Ref
    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""  # empty: in all of them
    name: str = ""
    path: str = ""

    def __str__(self) -> str:
        resource = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        what = self.path or (f"{resource}.{self.group}" if self.group else resource)
        named = f' "{self.name}"' if self.name else ""
        return f"{self.verb} {what}{named}{f' in {self.namespace}' if self.namespace else ''}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Grant:
    """The rules that one binding gives, and where; `copied`: the target is meant to have it too."""

    rules: Sequence[Object]
    namespace: str
    copied: bool


FORBIDDEN = (  # what hardly any account may; the first that its rules do not allow is asked for
    {"verb": "delete", "resource": "secrets", "inside": True},
    {"verb": "create", "resource": "pods", "subresource": "exec", "inside": True},
    {"verb": "delete", "resource": "nodes"},
    {"verb": "impersonate", "resource": "users"},
    {"verb": "escalate", "group": RBAC, "resource": "clusterroles"},
)


def questions(plan: MigrationPlan, source: Inventory) -> tuple[AccessQuestion, ...]:
    """Of every account of the migrated namespaces that a copied binding names, the questions in which
    accounts take
    turns: the first of each, then the second, so that a limit cuts all of them alike."""
    each_ones = [list(_of(account, plan, source)) for account in sorted(_accounts(plan, source))]
    longest = max(map(len, each_ones), default=0)
    return tuple(found[turn] for turn in range(longest) for found in each_ones if turn < len(found))


def _accounts(plan: MigrationPlan, source: Inventory) -> set[Ref]:
    """Accounts with a binding of their own. `default` is in every namespace without being copied."""
    inside = set(plan.namespaces)
    found = {
        Ref("", "ServiceAccount", subject.get("namespace") or ref_of(binding).namespace, subject["name"])
        for binding in _bindings(source)
        if ref_of(binding) in plan.by_ref
        for subject in binding.get("subjects") or []
        if subject.get("kind") == "ServiceAccount"
    }
    return {ref for ref in found if ref.namespace in inside and (ref in plan.by_ref or ref.name == "default")}


def _bindings(source: Inventory) -> list[Object]:
    return [*source.of("ClusterRoleBinding", RBAC), *source.of("RoleBinding", RBAC)]


def _of(account: Ref, plan: MigrationPlan, source: Inventory) -> Iterator[AccessQuestion]:
    grants = list(_grants(account, plan, source))
    refused = next((each for each in _candidates(account) if not _allowed(each, grants)), None)
    if refused is not None:
        yield refused
    pairs = [(rule, grant.namespace) for grant in grants if grant.copied for rule in grant.rules]
    step = max(1, -(-len(pairs) // PER_ACCOUNT))
    asked = [_sample(account, rule, namespace) for rule, namespace in pairs[::step]]
    yield from dict.fromkeys(each for each in asked if each is not None)


def _grants(account: Ref, plan: MigrationPlan, source: Inventory) -> Iterator[_Grant]:
    for binding in _bindings(source):
        if not any(_means(subject, binding, account) for subject in binding.get("subjects") or []):
            continue
        home, role = ref_of(binding).namespace, binding["roleRef"]
        ref = Ref(
            RBAC, role.get("kind", ""), home if role.get("kind") == "Role" else "", role.get("name", "")
        )
        found = source.objects.get(ref)
        there = ref in plan.by_ref or BUILT_IN in labels_of(found or {"metadata": {}})
        yield _Grant(
            rules=(found or {}).get("rules") or [],
            namespace=home,
            copied=there and ref_of(binding) in plan.by_ref,
        )


def groups_of(account: Ref) -> list[str]:
    """The groups that every service account is in."""
    return ["system:serviceaccounts", f"system:serviceaccounts:{account.namespace}", "system:authenticated"]


def user_of(account: Ref) -> str:
    """The name by which the API server knows an account."""
    return f"system:serviceaccount:{account.namespace}:{account.name}"


def _means(subject: Object, binding: Object, account: Ref) -> bool:
    kind, name = subject.get("kind"), subject.get("name")
    if kind == "ServiceAccount":
        return (subject.get("namespace") or ref_of(binding).namespace, name) == (
            account.namespace,
            account.name,
        )
    return (kind == "Group" and name in groups_of(account)) or (kind == "User" and name == user_of(account))


def _sample(account: Ref, rule: Object, namespace: str) -> AccessQuestion | None:
    """One thing that a rule allows."""
    verb = _concrete(rule.get("verbs"), ANY_VERB)
    paths = rule.get("nonResourceURLs") or []
    if paths:
        return AccessQuestion(
            account=account, verb=verb, path=str(paths[0]).replace("*", "x") if paths[0] != "*" else "/x"
        )
    if not verb or not rule.get("resources"):
        return None
    resource, _, subresource = _concrete(rule["resources"], ANY_RESOURCE).partition("/")
    return AccessQuestion(
        account=account,
        verb=verb,
        group=_concrete(rule.get("apiGroups"), ANY_GROUP),
        resource=ANY_RESOURCE if resource == "*" else resource,
        subresource=subresource,
        namespace=namespace,
        name=str((rule.get("resourceNames") or [""])[0]),
    )


def _concrete(values: Sequence[str] | None, otherwise: str) -> str:
    """The first value, or what stands for all of them."""
    return otherwise if "*" in (values or ()) else str((values or [""])[0])


def _candidates(account: Ref) -> Iterator[AccessQuestion]:
    for each in FORBIDDEN:
        asked = {key: str(value) for key, value in each.items() if key != "inside"}
        yield AccessQuestion(
            account=account, namespace=account.namespace if each.get("inside") else "", **asked
        )


def _allowed(question: AccessQuestion, grants: Iterable[_Grant]) -> bool:
    return any(
        grant.namespace in ("", question.namespace) and any(_allows(rule, question) for rule in grant.rules)
        for grant in grants
    )


def _allows(rule: Object, asked: AccessQuestion) -> bool:
    resources = (
        {"*", f"{asked.resource}/{asked.subresource}", f"*/{asked.subresource}"}
        if asked.subresource
        else {"*", asked.resource}
    )
    return bool(
        {"*", asked.verb} & set(rule.get("verbs") or ())
        and {"*", asked.group} & set(rule.get("apiGroups") or ())
        and resources & set(rule.get("resources") or ())
        and not rule.get("resourceNames")
    )
