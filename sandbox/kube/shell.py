"""As much of a shell as hooks need: echo, cat, test, date, sleep, redirections, `;`, `&&` and `||`.

The files are those of the container: what is under a mounted disk is on that disk, and moves with it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

Output = tuple[str, str, int]  # stdout, stderr, exit code
NOT_FOUND = 127
_PARTS = re.compile(r"\s*(;|&&|\|\||\n)\s*")


class Files(Protocol):
    """The files that a container sees."""

    def read(self, path: str) -> str | None: ...

    def write(self, path: str, text: str) -> None: ...

    def remove(self, path: str) -> bool: ...

    def names(self, path: str) -> list[str]: ...


class Shell:
    """Runs scripts in one container."""

    def __init__(self, files: Files, clock: Callable[[], datetime], environment: dict[str, str]) -> None:
        self._files = files
        self._clock = clock
        self._environment = environment

    def run(self, argv: list[str]) -> Output | None:
        """Run a program, or a script given to `sh -c`; None if there is no such program."""
        if (
            argv[:1]
            and argv[0].rpartition("/")[2] in ("sh", "bash", "ash")
            and argv[1:2] in (["-c"], ["-ec"], ["-xc"])
        ):
            return self.script(" ".join(argv[2:3]), stop_at_failure="e" in argv[1])
        return self._program(argv)

    def script(self, text: str, *, stop_at_failure: bool = False) -> Output:
        """Run a script; `stop_at_failure` is the shell's option `-e`."""
        out, err, code = "", "", 0
        pieces = _PARTS.split(text.strip())
        operator = ";"
        for number in range(0, len(pieces), 2):
            skip = (operator == "&&" and code != 0) or (operator == "||" and code == 0)
            operator = pieces[number + 1].strip() or ";" if number + 1 < len(pieces) else ";"
            if skip or not pieces[number]:
                continue
            words = self._words(pieces[number])
            if words[:1] == ["exit"]:
                return out, err, int(words[1]) if len(words) > 1 else code
            stdout, stderr, code = self._command(words)
            out, err = out + stdout, err + stderr
            if stop_at_failure and code and operator != "||":
                break
        return out, err, code

    def _words(self, command: str) -> list[str]:
        try:
            words = shlex.split(command)
        except ValueError:
            return ["sh: syntax error"]
        return [re.sub(r"\$\{?(\w+)\}?", lambda m: self._environment.get(m[1], ""), word) for word in words]

    def _command(self, words: list[str]) -> Output:
        target, append = "", False
        for number, word in enumerate(words):
            if word in (">", ">>") and number + 1 < len(words):
                target, append, words = words[number + 1], word == ">>", words[:number] + words[number + 2 :]
                break
        to_stderr = ">&2" in words or "1>&2" in words
        words = [word for word in words if word not in (">&2", "1>&2", "2>&1")]
        output = self._program(words)
        if output is None:
            return "", f"sh: {words[0] if words else ''}: not found\n", NOT_FOUND
        out, err, code = output
        if target:
            self._files.write(target, (self._files.read(target) or "" if append else "") + out)
            out = ""
        return ("", err + out, code) if to_stderr else (out, err, code)

    def _program(self, argv: list[str]) -> Output | None:
        program, arguments = (argv[0].rpartition("/")[2], argv[1:]) if argv else ("", [])
        match program:
            case "true" | "sync" | "sleep" | ":" | "set" | "touch":
                if program == "touch" and arguments and self._files.read(arguments[-1]) is None:
                    self._files.write(arguments[-1], "")
                return "", "", 0
            case "false":
                return "", "", 1
            case "echo":
                if arguments[:1] == ["-n"]:
                    return " ".join(arguments[1:]), "", 0
                return " ".join(arguments) + "\n", "", 0
            case "date":
                pattern = arguments[-1].lstrip("+") if arguments else "%a %b %d %H:%M:%S UTC %Y"
                return f"{self._clock().strftime(pattern)}\n", "", 0
            case "hostname":
                return f"{self._environment.get('HOSTNAME', '')}\n", "", 0
            case "env" | "printenv":
                return "".join(f"{key}={value}\n" for key, value in sorted(self._environment.items())), "", 0
        return self._file_program(program, arguments)

    def _file_program(self, program: str, arguments: list[str]) -> Output | None:
        match program:
            case "cat":
                return self._cat(arguments)
            case "ls":
                names = self._files.names(arguments[-1] if arguments else "/")
                return "".join(f"{name}\n" for name in names), "", 0
            case "rm":
                removed = [self._files.remove(path) for path in arguments if not path.startswith("-")]
                return "", "", 0 if all(removed) or "-f" in arguments else 1
            case "test" | "[":
                words = [word for word in arguments if word != "]"]
                is_file_test = len(words) == 2 and words[0] in ("-f", "-e", "-s")
                return "", "", 0 if is_file_test and self._files.read(words[1]) is not None else 1
        return None

    def _cat(self, paths: list[str]) -> Output:
        out, err = "", ""
        for path in paths:
            text = self._files.read(path)
            if text is None:
                err += f"cat: can't open '{path}': No such file or directory\n"
            else:
                out += text
        return out, err, 1 if err else 0
