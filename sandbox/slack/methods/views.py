"""The methods about views: modals that a trigger opens, and Home tabs."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable

from sandbox.slack import blocks
from sandbox.slack.model import TRIGGER_SECONDS, Json, Trigger, View
from sandbox.slack.refusals import Refused
from sandbox.slack.workspace import Workspace, new_hash

STACK = 3  # modals on top of each other


class Views:
    """Modals and Home tabs."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> dict[str, Callable[[Json], Json]]:
        """By name."""
        return {
            "views.open": self._open,
            "views.push": self._push,
            "views.update": self._update,
            "views.publish": self._publish,
        }

    def _open(self, given: Json) -> Json:
        trigger = self._trigger(given)
        body = self._body(given, "modal")
        trigger.used = True
        made = View(
            id=f"V{uuid.uuid4().hex[:10].upper()}",
            user=trigger.user,
            body=body,
            external_id=body.get("external_id", ""),
            hash=new_hash(),
        )
        self._workspace.views[made.id] = made
        self._workspace.changed()
        return {"view": self._workspace.view_json(made)}

    def _push(self, given: Json) -> Json:
        trigger = self._trigger(given)
        on = self._workspace.views.get(trigger.view)
        if on is None:
            raise Refused("not_found")
        body = self._body(given, "modal")
        root = on.root or on.id
        if sum(root in (view.root, view.id) for view in self._workspace.views.values()) >= STACK:
            raise Refused("push_limit_reached")
        trigger.used = True
        return {"view": self._workspace.view_json(self._workspace.push(on, body))}

    def _update(self, given: Json) -> Json:
        every = [*self._workspace.views.values(), *self._workspace.homes.values()]
        found = next(
            (
                view
                for view in every
                if given.get("view_id") == view.id
                or (view.external_id and given.get("external_id") == view.external_id)
            ),
            None,
        )
        if found is None:
            raise Refused("not_found")
        self._not_stale(given, found)
        found.body, found.errors, found.hash = self._body(given, found.body["type"]), {}, new_hash()
        self._workspace.changed()
        return {"view": self._workspace.view_json(found)}

    def _publish(self, given: Json) -> Json:
        user = str(given.get("user_id", ""))
        person = self._workspace.users.get(user)
        if person is None or person.bot:
            raise Refused("invalid_arguments", ["[ERROR] invalid user id [json-pointer:/user_id]"])
        body = self._body(given, "home")
        made = self._workspace.homes.get(user) or View(
            id=f"V{uuid.uuid4().hex[:10].upper()}", user=user, body=body
        )
        self._not_stale(given, made)
        made.body, made.hash = body, new_hash()
        self._workspace.homes[user] = made
        self._workspace.changed()
        return {"view": self._workspace.view_json(made)}

    def _trigger(self, given: Json) -> Trigger:
        found = self._workspace.triggers.get(str(given.get("trigger_id", "")))
        if found is None:
            raise Refused("invalid_trigger_id")
        if found.used:
            raise Refused("exchanged_trigger_id")
        if time.monotonic() - found.made > TRIGGER_SECONDS:
            raise Refused("expired_trigger_id")
        return found

    def _not_stale(self, given: Json, view: View) -> None:
        if given.get("hash") and given["hash"] != view.hash:
            raise Refused("hash_conflict")

    def _body(self, given: Json, kind: str) -> Json:
        body = given.get("view")
        body = json.loads(body) if isinstance(body, str) else body or {}
        if body.get("type") != kind:
            raise Refused("invalid_arguments", [f"[ERROR] must be a {kind} view [json-pointer:/view/type]"])
        try:
            blocks.check_view(body)
        except blocks.Refused as refused:
            raise Refused(refused.error, refused.reasons) from None
        return dict(body)
