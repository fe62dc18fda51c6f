"""Files: their media types, and what the app is told of one."""

from __future__ import annotations

import mimetypes

from sandbox.slack.model import File, Json

TYPES = {
    ".yaml": ("text/plain", "yaml"),
    ".yml": ("text/plain", "yaml"),
    ".jsonl": ("text/plain", "text"),
    ".cef": ("text/plain", "text"),
}


def media(name: str) -> tuple[str, str]:
    """A file's media type and Slack's own word for it."""
    ending = f".{name.rpartition('.')[2].lower()}"
    if ending in TYPES:
        return TYPES[ending]
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return guessed, ending[1:] if "." in name else "binary"


def described(file: File, *, team: str, url: str) -> Json:
    """A file object."""
    kind, word = media(file.name)
    private = f"{url}/files-pri/{team}-{file.id}"
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": kind,
        "filetype": word,
        "pretty_type": word.upper(),
        "user": file.user,
        "user_team": team,
        "size": len(file.content),
        "mode": "hosted",
        "is_external": False,
        "is_public": False,
        "channels": list(file.channels),
        "file_access": "visible",
        "url_private": f"{private}/{file.name}",
        "url_private_download": f"{private}/download/{file.name}",
        "permalink": f"{url}/files/{file.id}",
    }
