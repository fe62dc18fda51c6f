"""The faults of an API server: slow or no answers, refusals, conflicts, and versions that are too old."""

from __future__ import annotations

import asyncio
import dataclasses

from sandbox.kube.api import errors
from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.lists import EXPIRED_TOKEN

FOREVER = 3_600.0
WRITES = frozenset({"update", "patch", "delete"})


@dataclasses.dataclass
class ApiFaults:
    """What is wrong with one server at present; all of it can be changed while the server runs."""

    delay: float = 0.0  # seconds before each answer
    status: int = 0  # every request is answered with it
    retry_after: int = 0
    times: int = 0  # how many answers `status` lasts; 0: until it is changed
    silent: bool = False  # no answer comes at all
    unavailable_every: int = 0  # 3: every third request is answered 503
    conflict_every: int = 0  # 2: every second write to an object that exists is answered 409
    expired: bool = False  # continue tokens and versions to watch from are answered 410
    _requests: int = 0
    _writes: int = 0

    async def before_request(self) -> None:
        """Delay or refuse a request before it is looked at. Raises `ApiError`."""
        if self.silent:
            await asyncio.sleep(FOREVER)
        if self.delay:
            await asyncio.sleep(self.delay)
        self._requests += 1
        if self.unavailable_every and self._requests % self.unavailable_every == 0:
            raise ApiError(503, "ServiceUnavailable", "the server is currently unable to handle the request")
        status = self.status
        if status and self.times:
            self.times -= 1
            self.status = status if self.times else 0
        if status == 429:
            message = "The server has received too many requests and has asked us to try again later"
            raise ApiError(429, "TooManyRequests", message, retry_after=self.retry_after)
        if status:
            raise ApiError(status, "InternalError", "Internal error occurred: etcdserver: leader changed")

    def before_write(self, kind: Kind, name: str, verb: str) -> None:
        """Refuse a write. Raises `ApiError` 409."""
        if verb not in WRITES or not self.conflict_every:
            return
        self._writes += 1
        if self._writes % self.conflict_every == 0:
            raise errors.modified(kind, name)

    def before_read(self, query: dict[str, str]) -> None:
        """Refuse a list that is continued, or a watch from a version. Raises `ApiError` 410."""
        version = query.get("resourceVersion", "")
        if self.expired and (query.get("continue") or (query.get("watch") and version not in ("", "0"))):
            raise errors.expired(
                EXPIRED_TOKEN if query.get("continue") else f"too old resource version: {version}"
            )
