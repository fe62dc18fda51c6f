"""Which replica this process is: its id, and the heartbeat by which the others know that it lives."""

from __future__ import annotations

import fcntl
import os
import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot import __version__
from bot.common.problems import Refusal
from bot.settings import Settings
from storage.database import DatabaseError
from storage.replicas import ReplicaRepository, ReplicaTaken

log = structlog.get_logger(__name__)

BEAT_SECONDS = 5.0
ALIVE_FOR = timedelta(seconds=20)
TERMINAL = "terminal-"  # how the id of a terminal begins that waits for its own work and does nothing else


class ReplicaIdTaken(Refusal):
    """Another live process has this replica id."""


class Replica:
    """This process among the replicas."""

    def __init__(
        self, settings: Settings, repository: ReplicaRepository, *, now: Callable[[], datetime]
    ) -> None:
        self._repository = repository
        self._now = now
        self._lock: int | None = None
        self.id = settings.replica_id or os.environ.get("POD_NAME") or self._of_the_folder(settings.data_dir)
        self._instance = uuid.uuid4().hex
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Claim the id and begin the heartbeat. Raises `ReplicaIdTaken`.

        An id of the data folder is held by its lock, so a heartbeat under it is that of a process that died.
        """
        alive_for = timedelta(0) if self._lock is not None else ALIVE_FOR
        try:
            self._repository.claim(
                self.id, instance=self._instance, version=__version__, now=self._now(), alive_for=alive_for
            )
        except ReplicaTaken as taken:
            raise ReplicaIdTaken(
                f"Another process runs as replica {self.id}",
                why=str(taken),
                fix="Give each its own XK8S_REPLICA_ID.",
            ) from taken
        self._thread.start()

    def stop(self) -> None:
        """End the heartbeat and give the id back."""
        self._ending.set()
        self._repository.leave(self.id, instance=self._instance)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _of_the_folder(self, folder: Path) -> str:
        """An id that is kept in the data folder, under an exclusive lock as long as the process lives."""
        descriptor = os.open(folder / "replica-id", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise ReplicaIdTaken(
                f"Another xk8s uses the data folder {folder}",
                fix="Stop it, or give this one its own XK8S_DATA_DIR.",
            ) from error
        self._lock = descriptor
        known = os.read(descriptor, 100).decode().strip()
        if not known:
            known = uuid.uuid4().hex
            os.write(descriptor, known.encode())
        return known

    def _beat(self) -> None:
        while not self._ending.wait(BEAT_SECONDS):
            try:
                if not self._repository.beat(self.id, instance=self._instance, now=self._now()):
                    log.error("this replica's id was taken by another process", replica=self.id)
            except DatabaseError as error:
                log.error("no heartbeat", why=str(error))
