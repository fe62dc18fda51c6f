"""Files that were sent with a message or a form, read where an action takes what is in them.

Only a NetworkPolicy of one's own is taken from a file. A file is refused by its size before it is read, and
never read further than what a policy may have; which words wanted it is decided before, rights and all.
"""

from __future__ import annotations

from typing import Protocol

from bot.actions.action import Action
from bot.actions.policies import PolicyApply, PolicyPreview
from bot.actions.request import Attached, IncomingRequest
from bot.common.problems import Problem, Refusal
from bot.policy.yaml_document import LARGEST, too_large


class Web(Protocol):
    """What is asked of Slack."""

    def download(self, url: str, *, most: int) -> bytes | None: ...

    def file_info(self, file: str) -> dict[str, object]: ...


class FileNotTaken(Refusal):
    """A file cannot be used, or not read."""


class SlackAttachments:
    """The `Attachments` of `bot.requests` in a Slack workspace."""

    def __init__(self, web: Web) -> None:
        self._web = web

    def complete(self, request: IncomingRequest, action: Action) -> Action:
        """An action that wants YAML and came with a file gets the file's text. Raises `Refusal`."""
        if (
            not isinstance(action, (PolicyPreview, PolicyApply))
            or not action.needs_manifest
            or not request.files
        ):
            return action
        if len(request.files) > 1:
            raise FileNotTaken(
                f"There are {len(request.files)} files", fix="Send one file with one NetworkPolicy at a time."
            )
        return action.model_copy(update={"manifest": self._text(request.files[0])})

    def _text(self, file: Attached) -> str:
        try:
            found = self._known(file)
            if found.size is not None and found.size > LARGEST:
                raise too_large(found.size)
            content = self._web.download(found.url, most=LARGEST)
        except Refusal:
            raise
        except Problem as unread:
            raise FileNotTaken(
                f"The file {file.name or file.id} could not be read",
                why=unread.why,
                fix=(
                    "Check that the app has the scope files:read (`xk8s doctor`), or paste the YAML into the"
                    " message."
                ),
            ) from unread
        if content is None:
            raise too_large(LARGEST + 1)
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise FileNotTaken(
                f"The file {file.name or file.id} is no text", why="it is not UTF-8", fix="Send a YAML file."
            ) from None

    def _known(self, file: Attached) -> Attached:
        """The file with its address; Slack leaves that out in shared channels."""
        if file.url:
            return file
        told = self._web.file_info(file.id)
        size = told.get("size")
        return Attached(
            id=file.id,
            name=file.name or str(told.get("name", "")),
            size=size if isinstance(size, int) else None,
            url=str(told.get("url_private_download") or told.get("url_private") or ""),
        )
