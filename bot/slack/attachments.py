"""Files that were sent with a message or a form, read for the action that takes one.

Only `policy preview` and `policy apply` take a file: a NetworkPolicy. It is read after the request was
authorised. A file that Slack describes as too large is refused unread, and none is read beyond the size that
a policy may have.
"""

from typing import Any, Protocol

from bot.actions.action import Action
from bot.actions.policies import PolicyApply, PolicyPreview
from bot.actions.request import AttachedFile, IncomingRequest
from bot.common.problems import Problem, Refusal
from bot.policy.yaml_document import LARGEST, too_large
from bot.slack.payloads import attached_file


class FileReader(Protocol):
    """The two calls of the Web API that are needed."""

    def download(self, url: str, *, most: int) -> bytes | None: ...

    def file_info(self, file: str) -> dict[str, Any]: ...


class FileNotTaken(Refusal):
    """A file cannot be read, or there is more than one."""


class SlackAttachments:
    """The `Attachments` of `bot.requests` in a Slack workspace."""

    def __init__(self, web: FileReader) -> None:
        self._web = web

    def complete(self, request: IncomingRequest, action: Action) -> Action:
        """Return the action with the text of the request's file, if it needs a manifest. Raises `Refusal`."""
        takes_file = isinstance(action, (PolicyPreview, PolicyApply)) and action.needs_manifest
        if not takes_file or not request.files:
            return action
        if len(request.files) > 1:
            raise FileNotTaken(
                f"There are {len(request.files)} files", fix="Send one file with one NetworkPolicy at a time."
            )
        return action.model_copy(update={"manifest": self._text(request.files[0])})

    def _text(self, file: AttachedFile) -> str:
        try:
            content = self._content(file)
        except Refusal:
            raise
        except Problem as problem:
            raise FileNotTaken(
                f"The file {file.name or file.id} could not be read",
                why=problem.why,
                fix=(
                    "Check that the app has the scope files:read (`xk8s doctor`), or paste the YAML into the"
                    " message."
                ),
            ) from problem
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise FileNotTaken(
                f"The file {file.name or file.id} is no text", why="it is not UTF-8", fix="Send a YAML file."
            ) from None

    def _content(self, file: AttachedFile) -> bytes:
        if not file.url:  # Slack leaves the description out in shared channels
            info = self._web.file_info(file.id)
            file = attached_file(info | {"id": file.id, "name": file.name or info.get("name")})
        if file.size is not None and file.size > LARGEST:
            raise too_large(file.size)
        content = self._web.download(file.url, most=LARGEST)
        if content is None:
            raise too_large(LARGEST + 1)
        return content
