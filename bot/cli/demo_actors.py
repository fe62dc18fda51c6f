"""People of the sandbox's workspace as the tour moves them: they type, press buttons, fill in forms, and read
the answers.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bot.slack import plain_text
from sandbox.sandbox import Sandbox
from sandbox.slack.model import Message, View

ANSWER_SECONDS = 30.0


class DemoStage:
    """A sandbox with people in it, and what a transcript has shown of it; `echo` writes a line of that.

    Users and channels are named by their Slack ids. Every method that waits raises `TimeoutError`.
    """

    def __init__(self, sandbox: Sandbox, echo: Callable[[str], None]) -> None:
        self._sandbox = sandbox
        self._workspace = sandbox.workspace
        self._echo = echo
        self._left = False
        self._printed: dict[str, list[str]] = {}  # the lines of messages, by their time stamps

    def name(self, user: str) -> str:
        """Return the name of a user."""
        return self._workspace.users[user].name

    def type_command(self, user: str, channel: str, words: str) -> list[str]:
        """Type a slash command; return the lines of its complete answer."""
        before = len(self._workspace.messages)
        self._sandbox.loopback.run(self._workspace.command(user, channel, f"/xk8s {words}"))
        self._wait_for(lambda: _finished_root(self._messages(channel, before)))
        return self._print(self._messages(channel, before))

    def press_button(self, user: str, channel: str, label: str, *, above: str = "", typed: str = "") -> None:
        """Press the newest button of that label, and type into the form that it opens.

        `above` is a text of the message that bears the button.
        """
        message, action = self._wait_for(lambda: self._button(channel, label, above))
        self._sandbox.loopback.run(self._workspace.click(user, channel, message.ts, action))
        if typed:
            form = self._wait_for(lambda: self._form(user))
            self._sandbox.loopback.run(self._workspace.submit(user, form.id, {"typed": typed}))

    def read_thread(self, channel: str, texts: Iterable[str], *, about: str = "") -> list[str]:
        """Wait until a thread has these texts; return its lines, and print those that are new.

        The thread is the newest of the channel whose root has the text `about`.
        """

        def complete() -> list[Message] | None:
            thread = self._thread(channel, about)
            content = " ".join(self._text(message) for message in thread)
            return thread if thread and all(text in content for text in texts) else None

        thread = self._wait_for(complete)
        self._print([message for message in thread if self._is_new(message)])
        return [line for message in thread for line in self._lines(message)]

    def leave(self) -> None:
        """Stop waiting: whoever waits gets a `TimeoutError`."""
        self._left = True

    def _is_new(self, message: Message) -> bool:
        """A reply is new once, a root whenever its line has changed."""
        printed = self._printed.get(message.ts)
        return printed is None or (not message.thread and printed != self._lines(message))

    def _thread(self, channel: str, about: str) -> list[Message]:
        messages = self._messages(channel, 0)
        roots = [message for message in messages if not message.thread and about in self._text(message)]
        return [message for message in messages if roots and roots[-1].ts in (message.ts, message.thread)]

    def _messages(self, channel: str, after: int) -> list[Message]:
        messages = self._workspace.messages[after:]
        return [message for message in messages if message.channel == channel and not message.only_for]

    def _button(self, channel: str, label: str, above: str) -> tuple[Message, str] | None:
        for message in reversed(self._messages(channel, 0)):
            for block in message.blocks if above in self._text(message) else ():
                for element in block.get("elements", ()) if block["type"] == "actions" else ():
                    if element["text"]["text"] == label:
                        return message, str(element["action_id"])
        return None

    def _form(self, user: str) -> View | None:
        forms = [view for view in self._workspace.views.values() if view.user == user and _has_input(view)]
        return forms[-1] if forms else None

    def _wait_for(self, condition: Callable[[], Any]) -> Any:
        value = self._sandbox.loopback.run(
            self._workspace.until(lambda: self._left or condition(), ANSWER_SECONDS), ANSWER_SECONDS + 5
        )
        if self._left:
            raise TimeoutError("the stage was left")
        return value

    def _print(self, messages: Sequence[Message]) -> list[str]:
        printed: list[str] = []
        for message in messages:
            lines = self._printed[message.ts] = self._lines(message)
            for number, line in enumerate(lines):
                mark = "xk8s ‹ " if number == 0 and not message.thread else "       "
                self._echo(f"{mark}{'    ' if message.thread else ''}{line}")
            printed += lines
        return printed

    def _text(self, message: Message) -> str:
        return " ".join(" ".join(self._lines(message)).split())

    def _lines(self, message: Message) -> list[str]:
        return [self._with_names(line) for line in plain_text.lines(message.blocks) or [message.text]]

    def _with_names(self, line: str) -> str:
        for user in self._workspace.users.values():
            line = line.replace(f"@{user.id}", f"@{user.name}")
        return line


def ends(message: Message) -> bool:
    """Return whether a message ends an answer: the context line with the reference stands in it."""
    return any(
        block["type"] == "context" and "ref " in block["elements"][0]["text"] for block in message.blocks
    )


def _finished_root(messages: Sequence[Message]) -> Message | None:
    """Return the root of an answer that has ended: neither it nor its thread shows that work goes on."""
    root = next((message for message in messages if not message.thread), None)
    finished = root is not None and not plain_text.lines(root.blocks)[0].startswith("⏳")
    return root if finished and any(ends(message) for message in messages) else None


def _has_input(view: View) -> bool:
    return any(block["type"] == "input" for block in view.body["blocks"])
