"""Token Secrets that people made: each is filled for its ServiceAccount.

One that names no ServiceAccount, or one that was created anew since, is deleted.
"""

from __future__ import annotations

import base64
import hashlib

from sandbox.kube.api.authentication import Authenticator
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.objects import Object, annotations_of, is_live, key_of

TYPE = "kubernetes.io/service-account-token"
NAME, UID = "kubernetes.io/service-account.name", "kubernetes.io/service-account.uid"


class ServiceAccountTokenController(Controller):
    """Fills token Secrets, and lets their tokens in."""

    watches = frozenset({"Secret", "ServiceAccount"})

    def __init__(self, store: Store, authenticator: Authenticator, authority_pem: str) -> None:
        super().__init__(store)
        self._authenticator = authenticator
        self._authority_pem = authority_pem
        self._secrets, self._accounts = store.registry.named("Secret"), store.registry.named("ServiceAccount")

    def reconcile(self) -> None:
        """Make one pass over the token Secrets."""
        for secret in self._store.all_of(self._secrets):
            if secret.get("type") == TYPE and is_live(secret):
                self._reconcile(secret)

    def _reconcile(self, secret: Object) -> None:
        namespace, name = key_of(secret)
        account, known_uid = annotations_of(secret).get(NAME, ""), annotations_of(secret).get(UID)
        uid = ""
        if self._store.has(self._accounts, namespace, account):
            uid = self._store.peek(self._accounts, namespace, account)["metadata"]["uid"]
        if not uid or known_uid not in (None, "", uid):
            self._store.drop(self._secrets, namespace, name)
        elif not ((secret.get("data") or {}).get("token") and known_uid):
            self._fill(secret, account, uid)

    def _fill(self, secret: Object, account: str, uid: str) -> None:
        namespace, name = key_of(secret)
        token = "sandbox." + hashlib.sha256((uid + secret["metadata"]["uid"]).encode()).hexdigest()
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"]
        self._authenticator.add_token(token, f"system:serviceaccount:{namespace}:{account}", groups)
        values = {"token": token, "ca.crt": self._authority_pem, "namespace": namespace}
        data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}

        def fill(obj: Object) -> None:
            obj["data"] = {**(obj.get("data") or {}), **data}
            obj["metadata"].setdefault("annotations", {})[UID] = uid

        self._store.mutate(self._secrets, namespace, name, fill)
