"""The methods about who and where: people, user groups, channels and direct messages."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

from sandbox.slack.model import APP_BOT, Channel, Json
from sandbox.slack.refusals import Refused
from sandbox.slack.workspace import Workspace

PAGE = 100


class Directory:
    """People, groups and conversations."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> dict[str, Callable[[Json], Json]]:
        """By name."""
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

    def channel(self, given: Json, *, to_post: bool = False) -> Channel:
        """The channel that a call names; a person's id means the direct message. Raises `Refused`."""
        wanted = str(given.get("channel", ""))
        if to_post and wanted in self._workspace.users:
            return self._workspace.direct(wanted)
        found = self._workspace.channels.get(wanted)
        if found is None or ((found.private or found.direct) and APP_BOT not in found.members):
            raise Refused("channel_not_found")
        if to_post and found.archived:
            raise Refused("is_archived")
        return found

    def _info(self, given: Json) -> Json:
        found = self.channel(given)
        shown = self._channel_json(found)
        if str(given.get("include_num_members", "")).lower() in ("1", "true"):
            shown["num_members"] = len(found.members)
        return {"channel": shown}

    def _list(self, given: Json) -> Json:
        wanted = set(str(given.get("types") or "public_channel").split(","))
        found = [
            self._channel_json(each) for each in self._workspace.channels.values() if self._of(each) in wanted
        ]
        return _page("channels", found, given)

    def _own(self, given: Json) -> Json:
        wanted = set(str(given.get("types") or "public_channel").split(","))
        member = str(given.get("user") or APP_BOT)
        found = [
            self._channel_json(each)
            for each in self._workspace.channels.values()
            if member in each.members and self._of(each) in wanted
        ]
        return _page("channels", found, given)

    def _of(self, channel: Channel) -> str:
        if channel.direct:
            return "im"
        if channel.private:
            return "private_channel" if APP_BOT in channel.members else ""
        return "public_channel"

    def _channel_json(self, channel: Channel) -> Json:
        shown = {
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
            shown["user"] = next(user for user in channel.members if user != APP_BOT)
            del shown["name"], shown["name_normalized"]
        return shown

    def _members(self, given: Json) -> Json:
        return _page("members", sorted(self.channel(given).members), given)

    def _join(self, given: Json) -> Json:
        found = self.channel(given)
        if found.archived:
            raise Refused("is_archived")
        found.members.add(APP_BOT)
        return {"channel": self._channel_json(found)}

    def _open(self, given: Json) -> Json:
        wanted = str(given.get("users", ""))
        if not wanted:
            found = self._workspace.channels.get(str(given.get("channel", "")))
            if found is None or not found.direct:
                raise Refused("channel_not_found" if given.get("channel") else "users_list_not_supplied")
            return {"channel": {"id": found.id}}
        if "," in wanted:
            raise Refused("method_not_supported_for_channel_type")
        person = self._workspace.users.get(wanted)
        if person is None:
            raise Refused("user_not_found")
        if person.bot:
            raise Refused("cannot_dm_bot")
        if person.deleted:
            raise Refused("user_disabled")
        there = f"D0{wanted[2:]}" in self._workspace.channels
        made = self._workspace.direct(wanted)
        return {"channel": {"id": made.id}, **({"no_op": True, "already_open": True} if there else {})}

    def _user(self, given: Json) -> Json:
        return {"user": self._user_json(str(given.get("user", "")))}

    def _users(self, given: Json) -> Json:
        return _page("members", [self._user_json(user) for user in self._workspace.users], given)

    def _user_json(self, user: str) -> Json:
        found = self._workspace.users.get(user)
        if found is None:
            raise Refused("user_not_found")
        profile = {
            "real_name": found.real_name,
            "display_name": found.name,
            "title": found.title,
            "team": found.team,
        }
        shown: Json = {
            "id": found.id,
            "team_id": found.team,
            "name": found.name,
            "real_name": found.real_name,
            "deleted": found.deleted,
            "profile": profile,
            "is_bot": found.bot,
            "is_app_user": False,
            "tz": "Europe/Berlin",
            "tz_offset": 3_600,
            "updated": 1,
        }
        if found.team != self._workspace.team:
            return {**shown, "is_stranger": True}
        if not found.deleted:
            shown |= {
                "is_admin": False,
                "is_owner": False,
                "is_primary_owner": False,
                "is_restricted": found.restricted,
                "is_ultra_restricted": False,
            }
        return shown

    def _group_members(self, given: Json) -> Json:
        found = self._workspace.groups.get(str(given.get("usergroup", "")))
        if found is None:
            raise Refused("no_such_subteam")
        return {"users": sorted(found.members)}

    def _groups(self, given: Json) -> Json:
        with_users = str(given.get("include_users", "")).lower() in ("1", "true")
        shown = []
        for group in self._workspace.groups.values():
            told: Json = {
                "id": group.id,
                "team_id": self._workspace.team,
                "is_usergroup": True,
                "name": group.handle.title(),
                "handle": group.handle,
                "is_external": False,
                "date_delete": 0,
                "user_count": len(group.members),
            }
            shown.append({**told, **({"users": sorted(group.members)} if with_users else {})})
        return {"usergroups": shown}


def _page(name: str, items: Sequence[object], given: Json) -> Json:
    limit = int(given.get("limit") or PAGE)
    start = 0
    if given.get("cursor"):
        try:
            start = int(base64.b64decode(str(given["cursor"])).decode().removeprefix("at:"))
        except ValueError:
            raise Refused("invalid_cursor") from None
    end = start + limit
    cursor = base64.b64encode(f"at:{end}".encode()).decode() if end < len(items) else ""
    return {name: items[start:end], "response_metadata": {"next_cursor": cursor}}
