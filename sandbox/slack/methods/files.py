"""The methods about files: uploads in three steps, and reading them with the app's token."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable

from sandbox.slack.model import APP_BOT, BOT_TOKEN, File, Json, Message
from sandbox.slack.refusals import Refused
from sandbox.slack.workspace import Workspace


class Files:
    """The methods about files."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> dict[str, Callable[[Json], Json]]:
        """By name."""
        return {
            "files.getUploadURLExternal": self._upload_url,
            "files.completeUploadExternal": self._complete,
            "files.info": self._info,
            "files.delete": self._delete,
        }

    def take(self, file: str, body: bytes, content_type: str) -> bool:
        """The bytes of an upload; False if nobody asked for its URL."""
        found = self._workspace.files.get(file)
        if found is None or found.shared:
            return False
        if content_type.startswith("multipart/"):
            body = body.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
        found.content = body
        return True

    def read(self, file: str, authorization: str) -> File | None:
        """A file by its private URL, for who holds the token."""
        found = self._workspace.files.get(file)
        return found if found is not None and authorization == f"Bearer {BOT_TOKEN}" else None

    def _upload_url(self, given: Json) -> Json:
        if not given.get("filename") or int(given.get("length") or 0) < 1:
            raise Refused("invalid_arguments")
        made = File(
            id=f"F{uuid.uuid4().hex[:10].upper()}",
            name=given["filename"],
            user=APP_BOT,
            created=int(time.time()),
        )
        self._workspace.files[made.id] = made
        return {"upload_url": f"{self._workspace.url}/upload/{made.id}", "file_id": made.id}

    def _complete(self, given: Json) -> Json:
        listed = given.get("files")
        listed = json.loads(listed) if isinstance(listed, str) else listed or []
        channel = self._channel(given)
        done = []
        for item in listed:
            found = self._workspace.files.get(item["id"])
            if found is None or not found.content:
                raise Refused("file_not_found")
            found.title, found.shared = item.get("title") or found.name, True
            if channel:
                found.channels.append(channel)
            done.append(self._workspace.file_json(found.id))
        if channel:
            self._share(channel, done, given)
        return {"files": done}

    def _share(self, channel: str, shown: list[Json], given: Json) -> None:
        text, thread = str(given.get("initial_comment") or ""), str(given.get("thread_ts") or "")
        made = Message(
            channel=channel, ts=self._workspace.ts(), user=APP_BOT, text=text, thread=thread, files=shown
        )
        made.blocks = given.get("blocks") or []
        self._workspace.post(made)

    def _channel(self, given: Json) -> str:
        wanted = str(given.get("channel_id") or given.get("channels") or "")
        if not wanted:
            return ""
        channel = self._workspace.channels.get(wanted)
        if channel is None or APP_BOT not in channel.members:
            raise Refused("channel_not_found" if channel is None or channel.private else "not_in_channel")
        return wanted

    def _info(self, given: Json) -> Json:
        found = self._workspace.files.get(str(given.get("file", "")))
        if found is None or not found.shared:
            raise Refused("file_not_found")
        return {"file": self._workspace.file_json(found.id)}

    def _delete(self, given: Json) -> Json:
        found = self._workspace.files.get(str(given.get("file", "")))
        if found is None:
            raise Refused("file_not_found")
        if found.user != APP_BOT:
            raise Refused("cant_delete_file")
        del self._workspace.files[found.id]
        return {}
