"""File objects of the Web API, and the media types of files."""

from __future__ import annotations

import mimetypes

from sandbox.slack.model import File, Json

TYPES_BY_ENDING = {
    ".yaml": ("text/plain", "yaml"),
    ".yml": ("text/plain", "yaml"),
    ".jsonl": ("text/plain", "text"),
    ".cef": ("text/plain", "text"),
}


def media_type(name: str) -> tuple[str, str]:
    """Return the media type of a file and Slack's own word for it, by the ending of its name."""
    ending = f".{name.rpartition('.')[2].lower()}"
    if ending in TYPES_BY_ENDING:
        return TYPES_BY_ENDING[ending]
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return guessed, ending[1:] if "." in name else "binary"


def file_object(file: File, *, team: str, url: str) -> Json:
    """Return a file as the app sees it; `url` is that of the workspace."""
    mimetype, filetype = media_type(file.name)
    private = f"{url}/files-pri/{team}-{file.id}"
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": mimetype,
        "filetype": filetype,
        "pretty_type": filetype.upper(),
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
