"""Files: uploads in three steps, and reading them with the token of the app.

https://docs.slack.dev/messaging/working-with-files/#uploading_files
"""

from __future__ import annotations

import json
from collections.abc import Callable

from sandbox.slack.errors import SlackError
from sandbox.slack.model import APP_BOT, BOT_TOKEN, File, Json, Message
from sandbox.slack.workspace import Workspace


class Files:
    """The methods `files.*`, and what is beside them: the upload and the private URL."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> dict[str, Callable[[Json], Json]]:
        """Return the methods by their names."""
        return {
            "files.getUploadURLExternal": self._upload_url,
            "files.completeUploadExternal": self._complete,
            "files.info": self._info,
            "files.delete": self._delete,
        }

    def receive(self, file: str, body: bytes, content_type: str) -> bool:
        """Take the bytes of an upload; return False if nobody asked for its URL."""
        upload = self._workspace.files.get(file)
        if upload is None or upload.shared:
            return False
        if content_type.startswith("multipart/"):
            body = body.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
        upload.content = body
        return True

    def read(self, file: str, authorization: str) -> File | None:
        """Return a file by its private URL; None without the token of the app."""
        return self._workspace.files.get(file) if authorization == f"Bearer {BOT_TOKEN}" else None

    def _upload_url(self, arguments: Json) -> Json:
        if not arguments.get("filename") or int(arguments.get("length") or 0) < 1:
            raise SlackError("invalid_arguments")
        file = self._workspace.add_file(APP_BOT, arguments["filename"])
        return {"upload_url": f"{self._workspace.url}/upload/{file.id}", "file_id": file.id}

    def _complete(self, arguments: Json) -> Json:
        uploads = arguments.get("files") or []
        channel = self._channel(arguments)
        completed = []
        for upload in json.loads(uploads) if isinstance(uploads, str) else uploads:
            file = self._workspace.files.get(upload["id"])
            if file is None or not file.content:
                raise SlackError("file_not_found")
            file.title, file.shared = upload.get("title") or file.name, True
            if channel:
                file.channels.append(channel)
            completed.append(self._workspace.file_json(file.id))
        if channel:
            self._share(channel, completed, arguments)
        return {"files": completed}

    def _share(self, channel: str, files: list[Json], arguments: Json) -> None:
        self._workspace.post(
            Message(
                channel=channel,
                ts=self._workspace.ts(),
                user=APP_BOT,
                text=str(arguments.get("initial_comment") or ""),
                blocks=arguments.get("blocks") or [],
                thread=str(arguments.get("thread_ts") or ""),
                files=files,
            )
        )

    def _channel(self, arguments: Json) -> str:
        """Return the id of the channel that the files are shared in; empty if they are not."""
        id_ = str(arguments.get("channel_id") or arguments.get("channels") or "")
        if not id_:
            return ""
        channel = self._workspace.channels.get(id_)
        if channel is None or APP_BOT not in channel.members:
            raise SlackError("channel_not_found" if channel is None or channel.private else "not_in_channel")
        return id_

    def _info(self, arguments: Json) -> Json:
        file = self._workspace.files.get(str(arguments.get("file", "")))
        if file is None or not file.shared:
            raise SlackError("file_not_found")
        return {"file": self._workspace.file_json(file.id)}

    def _delete(self, arguments: Json) -> Json:
        file = self._workspace.files.get(str(arguments.get("file", "")))
        if file is None:
            raise SlackError("file_not_found")
        if file.user != APP_BOT:
            raise SlackError("cant_delete_file")
        del self._workspace.files[file.id]
        return {}
