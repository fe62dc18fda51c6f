"""Views: modals, which a trigger opens, and Home tabs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from sandbox.slack.block_kit import check_view
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json, Trigger, View
from sandbox.slack.state import new_view_hash, new_view_id
from sandbox.slack.workspace import Workspace

MOST_STACKED = 3  # modals on top of each other


class Views:
    """The methods `views.*`: opening, pushing, updating, and publishing Home tabs."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> dict[str, Callable[[Json], Json]]:
        """Return the methods by their names."""
        return {
            "views.open": self._open,
            "views.push": self._push,
            "views.update": self._update,
            "views.publish": self._publish,
        }

    def _open(self, arguments: Json) -> Json:
        trigger = self._trigger(arguments)
        body = self._body(arguments, "modal")
        trigger.used = True
        return {"view": self._workspace.view_json(self._workspace.add_view(trigger.user, body))}

    def _push(self, arguments: Json) -> Json:
        trigger = self._trigger(arguments)
        on = self._workspace.views.get(trigger.view)
        if on is None:
            raise SlackError("not_found")
        body = self._body(arguments, "modal")
        root = on.root or on.id
        if sum(root in (view.root, view.id) for view in self._workspace.views.values()) >= MOST_STACKED:
            raise SlackError("push_limit_reached")
        trigger.used = True
        return {"view": self._workspace.view_json(self._workspace.add_view(on.user, body, on=on))}

    def _update(self, arguments: Json) -> Json:
        view = self._find(arguments)
        self._refuse_stale(arguments, view)
        view.body, view.errors, view.hash = self._body(arguments, view.body["type"]), {}, new_view_hash()
        self._workspace.changed()
        return {"view": self._workspace.view_json(view)}

    def _find(self, arguments: Json) -> View:
        id_, external_id = arguments.get("view_id"), arguments.get("external_id")
        for view in (*self._workspace.views.values(), *self._workspace.homes.values()):
            if id_ == view.id or (view.external_id and external_id == view.external_id):
                return view
        raise SlackError("not_found")

    def _publish(self, arguments: Json) -> Json:
        user = str(arguments.get("user_id", ""))
        person = self._workspace.users.get(user)
        if person is None or person.bot:
            raise SlackError("invalid_arguments", ["[ERROR] invalid user id [json-pointer:/user_id]"])
        body = self._body(arguments, "home")
        home = self._workspace.homes.get(user) or View(id=new_view_id(), user=user, body=body)
        self._refuse_stale(arguments, home)
        home.body, home.hash = body, new_view_hash()
        self._workspace.homes[user] = home
        self._workspace.changed()
        return {"view": self._workspace.view_json(home)}

    def _trigger(self, arguments: Json) -> Trigger:
        trigger = self._workspace.triggers.get(str(arguments.get("trigger_id", "")))
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() - trigger.created > self._workspace.trigger_seconds:
            raise SlackError("expired_trigger_id")
        return trigger

    def _refuse_stale(self, arguments: Json, view: View) -> None:
        if arguments.get("hash") and arguments["hash"] != view.hash:
            raise SlackError("hash_conflict")

    def _body(self, arguments: Json, kind: str) -> Json:
        body = arguments.get("view")
        body = json.loads(body) if isinstance(body, str) else body or {}
        if body.get("type") != kind:
            raise SlackError(
                "invalid_arguments", [f"[ERROR] must be a {kind} view [json-pointer:/view/type]"]
            )
        check_view(body)
        return dict(body)
