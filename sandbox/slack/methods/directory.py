"""The directory: people, user groups, channels and direct messages."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

from sandbox.slack.errors import SlackError
from sandbox.slack.model import APP_BOT, Channel, Json, UserGroup
from sandbox.slack.workspace import Workspace

PAGE = 100


class Directory:
    """The methods `users.*`, `usergroups.*` and `conversations.*`, except those that read messages."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> dict[str, Callable[[Json], Json]]:
        """Return the methods by their names."""
        return {
            "conversations.info": self._info,
            "conversations.list": self._list,
            "conversations.members": self._members,
            "conversations.open": self._open,
            "conversations.join": self._join,
            "users.info": self._user,
            "users.list": self._users,
            "users.conversations": self._own,
            "usergroups.users.list": self._group_members,
            "usergroups.list": self._groups,
        }

    def channel(self, arguments: Json, *, to_post: bool = False) -> Channel:
        """Return the channel that a call names; `to_post` also by the id of a person, for the direct message.

        Raises `SlackError`.
        """
        id_ = str(arguments.get("channel", ""))
        if to_post and id_ in self._workspace.users:
            return self._workspace.direct_message(id_)
        channel = self._workspace.channels.get(id_)
        if channel is None or ((channel.private or channel.direct) and APP_BOT not in channel.members):
            raise SlackError("channel_not_found")
        if to_post and channel.archived:
            raise SlackError("is_archived")
        return channel

    def _info(self, arguments: Json) -> Json:
        channel = self.channel(arguments)
        view = self._channel_json(channel)
        if is_true(arguments, "include_num_members"):
            view["num_members"] = len(channel.members)
        return {"channel": view}

    def _list(self, arguments: Json) -> Json:
        channels = [self._channel_json(channel) for channel in self._channels(arguments)]
        return _page("channels", channels, arguments)

    def _own(self, arguments: Json) -> Json:
        member = str(arguments.get("user") or APP_BOT)
        channels = [channel for channel in self._channels(arguments) if member in channel.members]
        return _page("channels", [self._channel_json(channel) for channel in channels], arguments)

    def _channels(self, arguments: Json) -> list[Channel]:
        types = set(str(arguments.get("types") or "public_channel").split(","))
        return [channel for channel in self._workspace.channels.values() if self._type(channel) in types]

    def _type(self, channel: Channel) -> str:
        """Return the type of a channel; empty for a private one that the app does not see."""
        if channel.direct:
            return "im"
        if channel.private:
            return "private_channel" if APP_BOT in channel.members else ""
        return "public_channel"

    def _channel_json(self, channel: Channel) -> Json:
        view = {
            "id": channel.id,
            "name": channel.name,
            "name_normalized": channel.name,
            "is_channel": not (channel.direct or channel.private),
            "is_group": channel.private,
            "is_im": channel.direct,
            "is_mpim": False,
            "is_private": channel.private or channel.direct,
            "is_archived": channel.archived,
            "is_member": APP_BOT in channel.members,
            "is_shared": channel.shared,
            "is_ext_shared": channel.shared,
            "is_org_shared": False,
            "context_team_id": self._workspace.team,
            "topic": {"value": channel.topic, "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }
        if channel.direct:
            view["user"] = next(user for user in channel.members if user != APP_BOT)
            del view["name"], view["name_normalized"]
        return view

    def _members(self, arguments: Json) -> Json:
        return _page("members", sorted(self.channel(arguments).members), arguments)

    def _join(self, arguments: Json) -> Json:
        channel = self.channel(arguments)
        if channel.archived:
            raise SlackError("is_archived")
        channel.members.add(APP_BOT)
        return {"channel": self._channel_json(channel)}

    def _open(self, arguments: Json) -> Json:
        user = str(arguments.get("users", ""))
        if not user:
            channel = self._workspace.channels.get(str(arguments.get("channel", "")))
            if channel is None or not channel.direct:
                raise SlackError(
                    "channel_not_found" if arguments.get("channel") else "users_list_not_supplied"
                )
            return {"channel": {"id": channel.id}}
        if "," in user:
            raise SlackError("method_not_supported_for_channel_type")
        person = self._workspace.users.get(user)
        if person is None:
            raise SlackError("user_not_found")
        if person.bot:
            raise SlackError("cannot_dm_bot")
        if person.deleted:
            raise SlackError("user_disabled")
        open_before = set(self._workspace.channels)
        channel = self._workspace.direct_message(user)
        already = {"no_op": True, "already_open": True} if channel.id in open_before else {}
        return {"channel": {"id": channel.id}, **already}

    def _user(self, arguments: Json) -> Json:
        return {"user": self._user_json(str(arguments.get("user", "")))}

    def _users(self, arguments: Json) -> Json:
        return _page("members", [self._user_json(id_) for id_ in self._workspace.users], arguments)

    def _user_json(self, id_: str) -> Json:
        user = self._workspace.users.get(id_)
        if user is None:
            raise SlackError("user_not_found")
        profile = {
            "real_name": user.real_name,
            "display_name": user.name,
            "title": user.title,
            "team": user.team,
        }
        view: Json = {
            "id": user.id,
            "team_id": user.team,
            "name": user.name,
            "real_name": user.real_name,
            "deleted": user.deleted,
            "profile": profile,
            "is_bot": user.bot,
            "is_app_user": False,
            "tz": "Europe/Berlin",
            "tz_offset": 3_600,
            "updated": 1,
        }
        if user.team != self._workspace.team:
            return {**view, "is_stranger": True}
        if not user.deleted:
            view |= {
                "is_admin": False,
                "is_owner": False,
                "is_primary_owner": False,
                "is_restricted": user.restricted,
                "is_ultra_restricted": False,
            }
        return view

    def _group_members(self, arguments: Json) -> Json:
        group = self._workspace.groups.get(str(arguments.get("usergroup", "")))
        if group is None:
            raise SlackError("no_such_subteam")
        return {"users": sorted(group.members)}

    def _groups(self, arguments: Json) -> Json:
        with_users = is_true(arguments, "include_users")
        groups = [self._group_json(group, with_users=with_users) for group in self._workspace.groups.values()]
        return {"usergroups": groups}

    def _group_json(self, group: UserGroup, *, with_users: bool) -> Json:
        return {
            "id": group.id,
            "team_id": self._workspace.team,
            "is_usergroup": True,
            "name": group.handle.title(),
            "handle": group.handle,
            "is_external": False,
            "date_delete": 0,
            "user_count": len(group.members),
            **({"users": sorted(group.members)} if with_users else {}),
        }


def is_true(arguments: Json, name: str) -> bool:
    """Tell whether a boolean argument of a call is true; it may come as text."""
    return str(arguments.get(name, "")).lower() in ("1", "true")


def _page(name: str, items: Sequence[object], arguments: Json) -> Json:
    limit = int(arguments.get("limit") or PAGE)
    start = 0
    if arguments.get("cursor"):
        try:
            start = int(base64.b64decode(str(arguments["cursor"])).decode().removeprefix("at:"))
        except ValueError:
            raise SlackError("invalid_cursor") from None
    end = start + limit
    cursor = base64.b64encode(f"at:{end}".encode()).decode() if end < len(items) else ""
    return {name: items[start:end], "response_metadata": {"next_cursor": cursor}}
