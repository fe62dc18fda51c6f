"""Starts `xk8s` processes quickly: a server that has imported the program forks one for each.

A fresh interpreter spends about two seconds of a core on imports before it does anything, and the suite
starts hundreds of bots, most of them to be killed. A forked one is a process of its own all the same: its
environment, arguments and output are given, it can be killed, stopped and waited for, and nothing of it is
shared with the tests. That a fresh interpreter starts the program is tested where `fresh=True` is asked for,
and by the demo.
"""

from __future__ import annotations

import atexit
import faulthandler
import json
import os
import pathlib
import queue
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from tests.support.garbage_collection import set_aside_what_stays

PRELOADED = ("bot.app.process", "bot.cli.main", "bot.cli.terminal", "dbos")
SECONDS_TO_START = 60.0


class ForkedProcess:
    """A process that the server has forked, with the part of `subprocess.Popen` that the tests use."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = threading.Event()

    def ended(self, status: int) -> None:
        """Note how it ended, as `os.waitpid` told the server."""
        self.returncode = os.waitstatus_to_exitcode(status)
        self._ended.set()

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end. Raises `subprocess.TimeoutExpired`."""
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(f"forked process {self.pid}", timeout or 0.0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """The server's side that the tests hold: asks it for processes and hears of their ends."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.fork_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=pathlib.Path(__file__).parents[2],
        )
        self._lock = threading.Lock()
        self._started: queue.SimpleQueue[ForkedProcess] = queue.SimpleQueue()
        self._processes: dict[int, ForkedProcess] = {}
        threading.Thread(target=self._hear, name="fork-server", daemon=True).start()
        atexit.register(self.stop)

    def start(
        self,
        words: Sequence[str],
        *,
        environment: Mapping[str, str],
        output: pathlib.Path,
        errors: pathlib.Path | None = None,
    ) -> ForkedProcess:
        """Run `xk8s` with these words; what it prints is appended to a file, or to two."""
        files = {"output": str(output), "errors": str(errors or output)}
        order = {"words": list(words), "environment": dict(environment), **files}
        with self._lock:
            assert self._server.stdin is not None
            self._server.stdin.write(json.dumps(order).encode() + b"\n")
            self._server.stdin.flush()
            return self._started.get(timeout=SECONDS_TO_START)

    def run(
        self, words: Sequence[str], *, environment: Mapping[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Run `xk8s` with these words to its end. Raises `subprocess.TimeoutExpired`, and ends it then."""
        with tempfile.TemporaryDirectory() as folder:
            output, errors = pathlib.Path(folder, "output"), pathlib.Path(folder, "errors")
            process = self.start(words, environment=environment, output=output, errors=errors)
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            return subprocess.CompletedProcess(
                args=["xk8s", *words], returncode=code, stdout=output.read_text(), stderr=errors.read_text()
            )

    def stop(self) -> None:
        """Let the server end; what it has forked is none of its business any more."""
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait(SECONDS_TO_START)

    def _hear(self) -> None:
        assert self._server.stdout is not None
        for line in self._server.stdout:
            news = json.loads(line)
            if "started" in news:
                process = self._processes[news["started"]] = ForkedProcess(news["started"])
                self._started.put(process)
            else:
                self._processes.pop(news["ended"]).ended(news["status"])


def serve() -> None:
    """Fork for every order on the standard input, and tell of starts and ends on the standard output."""
    for module in PRELOADED:
        __import__(module)
    set_aside_what_stays()
    wakeup, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    pending = b""
    while True:
        readable, _, _ = select.select([0, wakeup], [], [])
        if wakeup in readable:
            os.read(wakeup, 4096)
            _tell_of_ends()
        if 0 in readable:
            chunk = os.read(0, 65536)
            if not chunk:
                return
            *orders, pending = (pending + chunk).split(b"\n")
            for order in orders:
                _fork(json.loads(order))


def _tell_of_ends() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _tell({"ended": pid, "status": status})


def _tell(news: dict[str, Any]) -> None:
    os.write(1, json.dumps(news).encode() + b"\n")


def _fork(order: dict[str, Any]) -> None:
    pid = os.fork()
    if pid == 0:
        _become(order)
    _tell({"started": pid})


def _become(order: dict[str, Any]) -> NoReturn:
    """The child: with the given environment, output and words, as if it had been started so."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    appended = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(order["output"], appended, 0o600), 1)
    os.dup2(os.open(order["errors"], appended, 0o600), 2)
    faulthandler.enable()  # what kills it in C code is in its log
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["xk8s", *order["words"]]
    code = 1
    try:
        from bot.cli.main import main

        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:  # noqa: BLE001 - printed, as an interpreter does
        sys.excepthook(*sys.exc_info())
    finally:
        threading._shutdown()  # type: ignore[attr-defined]  # as the interpreter does before it ends
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
