"""Which rights are asked for in both clusters: samples of what an account's roles allow, and one they do not.

Computes only. The rules are RBAC's (https://kubernetes.io/docs/reference/access-authn-authz/rbac/); what they
say is used to choose questions, never to answer them: that is the API servers' part.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.fields import Object, Ref, labels_of, ref_of
from bot.migration.objects.kinds import RBAC, bound_role, service_accounts
from bot.migration.planning.plan import MigrationPlan

BUILT_IN = "kubernetes.io/bootstrapping"
PER_ACCOUNT = 6  # samples of what it may do; a role such as `edit` has dozens of rules
ANY_GROUP, ANY_RESOURCE, ANY_VERB = "", "configmaps", "get"  # what stands for `*` in a question


@dataclasses.dataclass(frozen=True, kw_only=True)
class AccessQuestion:
    """May an account do this? `path` is for what is no resource; no `namespace` means in all of them."""

    account: Ref
    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    def __str__(self) -> str:
        resource = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        target = self.path or (f"{resource}.{self.group}" if self.group else resource)
        named = f' "{self.name}"' if self.name else ""
        return f"{self.verb} {target}{named}{f' in {self.namespace}' if self.namespace else ''}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Grant:
    """The rules that one binding grants, and in which namespace (empty: in all).

    `copied` says that the target is meant to have the binding and its role too.
    """

    rules: Sequence[Object]
    namespace: str
    copied: bool


def _unlikely(account: Ref) -> tuple[AccessQuestion, ...]:
    """Return what hardly any account may do; the first that its rules do not allow is asked for."""
    namespace = account.namespace
    return (
        AccessQuestion(account=account, verb="delete", resource="secrets", namespace=namespace),
        AccessQuestion(
            account=account, verb="create", resource="pods", subresource="exec", namespace=namespace
        ),
        AccessQuestion(account=account, verb="delete", resource="nodes"),
        AccessQuestion(account=account, verb="impersonate", resource="users"),
        AccessQuestion(account=account, verb="escalate", group=RBAC, resource="clusterroles"),
    )


def questions(plan: MigrationPlan, source: Inventory) -> tuple[AccessQuestion, ...]:
    """Return the questions for every account of the migrated namespaces that a copied binding names.

    The accounts take turns, the first question of each, then the second, so that a limit cuts all alike.
    """
    by_account = [list(_questions_of(account, plan, source)) for account in sorted(_accounts(plan, source))]
    longest = max(map(len, by_account), default=0)
    return tuple(
        account_questions[turn]
        for turn in range(longest)
        for account_questions in by_account
        if turn < len(account_questions)
    )


def _accounts(plan: MigrationPlan, source: Inventory) -> set[Ref]:
    """Return the accounts with a binding of their own; `default` is in every namespace, and is not copied."""
    accounts = {
        Ref("", "ServiceAccount", namespace, name)
        for binding in source.role_bindings()
        if ref_of(binding) in plan.by_ref
        for namespace, name in service_accounts(binding)
        if namespace in plan.namespaces
    }
    return {account for account in accounts if account in plan.by_ref or account.name == "default"}


def _questions_of(account: Ref, plan: MigrationPlan, source: Inventory) -> Iterator[AccessQuestion]:
    grants = list(_grants(account, plan, source))
    forbidden = next((question for question in _unlikely(account) if not _is_allowed(question, grants)), None)
    if forbidden is not None:
        yield forbidden
    rules = [(rule, grant.namespace) for grant in grants if grant.copied for rule in grant.rules]
    step = max(1, -(-len(rules) // PER_ACCOUNT))
    samples = [_sample(account, rule, namespace) for rule, namespace in rules[::step]]
    yield from dict.fromkeys(sample for sample in samples if sample is not None)


def _grants(account: Ref, plan: MigrationPlan, source: Inventory) -> Iterator[_Grant]:
    for binding in source.role_bindings():
        if any(_is_subject(subject, binding, account) for subject in binding.get("subjects") or []):
            role = source.objects.get(bound_role(binding), {})
            built_in = bool(role) and BUILT_IN in labels_of(role)
            yield _Grant(
                rules=role.get("rules") or [],
                namespace=ref_of(binding).namespace,
                copied=(built_in or bound_role(binding) in plan.by_ref) and ref_of(binding) in plan.by_ref,
            )


def groups_of(account: Ref) -> list[str]:
    """Return the groups that every service account is in."""
    return ["system:serviceaccounts", f"system:serviceaccounts:{account.namespace}", "system:authenticated"]


def user_of(account: Ref) -> str:
    """Return the user name by which the API server knows a service account."""
    return f"system:serviceaccount:{account.namespace}:{account.name}"


def _is_subject(subject: Object, binding: Object, account: Ref) -> bool:
    kind, name = subject.get("kind"), subject.get("name")
    if kind == "ServiceAccount":
        namespace = subject.get("namespace") or ref_of(binding).namespace
        return (namespace, name) == (account.namespace, account.name)
    return (kind == "Group" and name in groups_of(account)) or (kind == "User" and name == user_of(account))


def _sample(account: Ref, rule: Object, namespace: str) -> AccessQuestion | None:
    """Return one thing that a rule allows, or None for a rule that allows nothing."""
    verb = _concrete(rule.get("verbs"), ANY_VERB)
    paths = rule.get("nonResourceURLs") or []
    if paths:
        path = str(paths[0]).replace("*", "x") if paths[0] != "*" else "/x"
        return AccessQuestion(account=account, verb=verb, path=path)
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


def _concrete(values: Sequence[str] | None, wildcard: str) -> str:
    """Return the first value, or what stands for `*`."""
    return wildcard if "*" in (values or ()) else str((values or [""])[0])


def _is_allowed(question: AccessQuestion, grants: Iterable[_Grant]) -> bool:
    return any(
        grant.namespace in ("", question.namespace) and any(_allows(rule, question) for rule in grant.rules)
        for grant in grants
    )


def _allows(rule: Object, question: AccessQuestion) -> bool:
    resource, subresource = question.resource, question.subresource
    resources = {"*", f"{resource}/{subresource}", f"*/{subresource}"} if subresource else {"*", resource}
    return bool(
        {"*", question.verb} & set(rule.get("verbs") or ())
        and {"*", question.group} & set(rule.get("apiGroups") or ())
        and resources & set(rule.get("resources") or ())
        and not rule.get("resourceNames")
    )
