"""Token Secrets: each hand-made one is filled for its ServiceAccount, and goes when it is of none, or of
another's.
"""

from __future__ import annotations

import base64
import hashlib

from sandbox.kube.api.access import Authenticator
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.owned_pods import Object, is_live

TYPE = "kubernetes.io/service-account-token"
NAME, UID = "kubernetes.io/service-account.name", "kubernetes.io/service-account.uid"


class Tokens:
    """The token controller."""

    watches = frozenset({"Secret", "ServiceAccount"})
    patient = False
    next_due = None

    def __init__(self, store: Store, authenticator: Authenticator, authority_pem: str) -> None:
        self._store = store
        self._authenticator = authenticator
        self._authority = authority_pem
        self._secrets, self._accounts = store.registry.named("Secret"), store.registry.named("ServiceAccount")

    def sync(self) -> None:
        """Look at every token Secret once."""
        for secret in self._store.all_of(self._secrets):
            if secret.get("type") == TYPE and is_live(secret):
                self._one(secret)

    def _one(self, secret: Object) -> None:
        metadata = secret["metadata"]
        marks = metadata.get("annotations") or {}
        namespace, account = metadata["namespace"], marks.get(NAME, "")
        found = (
            self._store.peek(self._accounts, namespace, account)
            if self._store.has(self._accounts, namespace, account)
            else None
        )
        uid = found["metadata"]["uid"] if found else ""
        if found is None or (marks.get(UID) and marks[UID] != uid):
            self._store.drop(self._secrets, namespace, metadata["name"])
            return
        if (secret.get("data") or {}).get("token") and marks.get(UID):
            return
        digest = hashlib.sha256((uid + metadata["uid"]).encode()).hexdigest()
        token = f"sandbox.{digest}"
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"]
        self._authenticator.add_token(token, f"system:serviceaccount:{namespace}:{account}", groups)
        data = {
            key: base64.b64encode(value.encode()).decode()
            for key, value in (("token", token), ("ca.crt", self._authority), ("namespace", namespace))
        }

        def fill(obj: Object) -> None:
            obj["data"] = {**(obj.get("data") or {}), **data}
            obj["metadata"].setdefault("annotations", {})[UID] = uid

        self._store.mutate(self._secrets, namespace, metadata["name"], fill)
