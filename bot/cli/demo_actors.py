"""People of the sandbox's workspace as the tour moves them: they type, press and fill in, and read what
is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bot.slack import plain_text
from sandbox.sandbox import Sandbox
from sandbox.slack.model import Message, View

ANSWER_SECONDS = 30.0


class DemoStage:
    """A sandbox with people in it, and what a transcript has shown of it; `echo` writes a line of that."""

    def __init__(self, sandbox: Sandbox, echo: Callable[[str], None]) -> None:
        self._world = sandbox
        self._workspace = sandbox.workspace
        self._echo = echo
        self._left = False
        self._shown: dict[str, list[str]] = {}  # what was printed of messages, by their time stamps

    def name(self, who: str) -> str:
        """What somebody is called."""
        return self._workspace.users[who].name

    def types(self, who: str, channel: str, words: str) -> list[str]:
        """Somebody types a command; returns the lines of its complete answer. Raises `TimeoutError`."""
        before = len(self._workspace.messages)
        self._world.loopback.run(self._workspace.command(who, channel, f"/xk8s {words}"))
        self._until(lambda: _answer(self._said(channel, before)))
        return self._print(self._said(channel, before))

    def presses(self, who: str, channel: str, label: str, *, above: str = "", typed: str = "") -> None:
        """Somebody presses the newest button of that label, and types into the form that it opens.

        `above` is a text of the message that bears the button. Raises `TimeoutError`.
        """
        message, action = self._until(lambda: self._button(channel, label, above))
        self._world.loopback.run(self._workspace.click(who, channel, message.ts, action))
        if typed:
            form = self._until(lambda: self._form(who))
            self._world.loopback.run(self._workspace.submit(who, form.id, {"typed": typed}))

    def reads(self, channel: str, wanted: Iterable[str], *, about: str = "") -> list[str]:
        """Wait until a thread says something; returns its lines, printing those that are new. Raises
        `TimeoutError`.

        The thread is the newest of the channel whose root says what it is `about`.
        """

        def says() -> list[Message] | None:
            thread = self._thread(channel, about)
            text = " ".join(" ".join(line for each in thread for line in self._lines(each)).split())
            return thread if thread and all(each in text for each in wanted) else None

        thread = self._until(says)
        self._print([each for each in thread if self._is_news(each)])
        return [line for each in thread for line in self._lines(each)]

    def _is_news(self, message: Message) -> bool:
        """A reply once; a root whenever its line has changed."""
        known = self._shown.get(message.ts)
        return known is None or (not message.thread and known != self._lines(message))

    def leave(self) -> None:
        """Wait for nothing any more: whoever waits gets a `TimeoutError`."""
        self._left = True

    def _thread(self, channel: str, about: str) -> list[Message]:
        said = self._said(channel, 0)
        roots = [
            each
            for each in said
            if not each.thread and about in " ".join(" ".join(self._lines(each)).split())
        ]
        return [each for each in said if roots and roots[-1].ts in (each.ts, each.thread)]

    def _said(self, channel: str, after: int) -> list[Message]:
        return [
            each for each in self._workspace.messages[after:] if each.channel == channel and not each.only_for
        ]

    def _button(self, channel: str, label: str, above: str) -> tuple[Message, str] | None:
        for message in reversed(self._said(channel, 0)):
            for block in message.blocks if above in " ".join(" ".join(self._lines(message)).split()) else ():
                for element in block.get("elements", ()) if block["type"] == "actions" else ():
                    if element["text"]["text"] == label:
                        return message, str(element["action_id"])
        return None

    def _form(self, who: str) -> View | None:
        inputs = [view for view in self._workspace.views.values() if view.user == who and _has_input(view)]
        return inputs[-1] if inputs else None

    def _until(self, condition: Callable[[], Any]) -> Any:
        found = self._world.loopback.run(
            self._workspace.until(lambda: self._left or condition(), ANSWER_SECONDS), ANSWER_SECONDS + 5
        )
        if self._left:
            raise TimeoutError("the stage was left")
        return found

    def _print(self, messages: Sequence[Message]) -> list[str]:
        said: list[str] = []
        for message in messages:
            self._shown[message.ts] = self._lines(message)
            for number, line in enumerate(self._lines(message)):
                mark = "xk8s ‹ " if number == 0 and not message.thread else "       "
                self._echo(f"{mark}{'    ' if message.thread else ''}{line}")
                said.append(line)
        return said

    def _lines(self, message: Message) -> list[str]:
        return [self._named(line) for line in plain_text.lines(message.blocks) or [message.text]]

    def _named(self, line: str) -> str:
        for user in self._workspace.users.values():
            line = line.replace(f"@{user.id}", f"@{user.name}")
        return line


def _answer(said: Sequence[Message]) -> Message | None:
    """The root of an answer that has come to its end: it no longer shows that work goes on, nor does its
    thread.
    """
    root = next((message for message in said if not message.thread), None)
    done = root is not None and not plain_text.lines(root.blocks)[0].startswith("⏳")
    return root if done and any(ends(message) for message in said) else None


def ends(message: Message) -> bool:
    """Whether a message ends an answer: by the context line with the reference."""
    return any(
        block["type"] == "context" and "ref " in block["elements"][0]["text"] for block in message.blocks
    )


def _has_input(view: View) -> bool:
    return any(block["type"] == "input" for block in view.body["blocks"])
