"""Which replica this process is: its id, and the heartbeat by which the others know that it lives."""

import fcntl
import os
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot import __version__
from bot.common.problems import Refusal
from bot.common.worker import CountFailure, Worker
from bot.settings import Settings
from storage.database import DatabaseError
from storage.replicas import ReplicaRepository, ReplicaTaken

log = structlog.get_logger(__name__)

BEAT_SECONDS = 5.0
ALIVE_FOR = timedelta(seconds=20)  # after its last heartbeat
TERMINAL = "terminal-"  # how the id of a terminal begins, which does its own work and no other


class ReplicaIdTaken(Refusal):
    """Another live process has this replica id."""


class Replica:
    """This process among the replicas, which all share one database.

    A replica whose heartbeat has stopped for `ALIVE_FOR` is taken for dead, and another takes its work over.
    """

    def __init__(
        self,
        settings: Settings,
        repository: ReplicaRepository,
        *,
        now: Callable[[], datetime],
        count_failure: CountFailure = lambda _name: None,
    ) -> None:
        """Find the id: the setting, else the pod's name, else one that is kept in the data folder. Raises
        `ReplicaIdTaken`.
        """
        self._repository = repository
        self._now = now
        self._lock: int | None = None
        self.id = settings.replica_id or os.environ.get("POD_NAME") or self._folder_id(settings.data_dir)
        self._instance = uuid.uuid4().hex
        self._heartbeat = Worker(
            "heartbeat",
            self._beat,
            interval=BEAT_SECONDS,
            delay=BEAT_SECONDS,
            expected=(DatabaseError,),
            count_failure=count_failure,
        )

    def start(self) -> None:
        """Claim the id and begin the heartbeat. Raises `ReplicaIdTaken`.

        An id of the data folder is held by the folder's lock, so a fresh heartbeat under it comes from a
        process that has died since.
        """
        alive_for = timedelta(0) if self._lock is not None else ALIVE_FOR
        try:
            self._repository.claim(
                self.id, instance=self._instance, version=__version__, now=self._now(), alive_for=alive_for
            )
        except ReplicaTaken as error:
            raise ReplicaIdTaken(
                f"Another process runs as replica {self.id}",
                why=str(error),
                fix="Give each its own XK8S_REPLICA_ID.",
            ) from error
        self._heartbeat.start()

    def stop(self) -> None:
        """End the heartbeat and give the id back."""
        self._heartbeat.stop(timeout=0)
        self._repository.deregister(self.id, instance=self._instance)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _folder_id(self, folder: Path) -> str:
        """Return the id of the data folder, which is locked for as long as the process lives."""
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
        replica_id = os.read(descriptor, 100).decode().strip()
        if not replica_id:
            replica_id = uuid.uuid4().hex
            os.write(descriptor, replica_id.encode())
        return replica_id

    def _beat(self) -> None:
        if not self._repository.heartbeat(self.id, instance=self._instance, now=self._now()):
            log.error("this replica's id was taken by another process", replica=self.id)
