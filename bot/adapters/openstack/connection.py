"""openstacksdk for one entry of clouds.yaml: its authentication and catalogue, and no wait without an end.

Requests are plain ones on the SDK's proxies, because its resource classes lose what matters here: the faults,
the health and the status_reason of a cluster, and the `detail` of every error.
"""

import threading
from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from bot.adapters.retries import Backoff
from bot.common.problems import Problem
from bot.common.wording import reason

SECONDS = 30.0  # for one request, those for tokens and the catalogue included
BACKOFF = Backoff(attempts=4, first_pause=0.3, longest_pause=8.0)  # of reads
RETRIED = frozenset({429, 502, 503})  # seen while a proxy or an API restarts
AUTH_SECRETS = frozenset({"password", "token", "application_credential_secret", "passcode", "client_secret"})


class CloudConnection:
    """A connection that is made at the first request. Thread-safe."""

    def __init__(
        self,
        cloud: str,
        *,
        unusable: type[Problem],
        learn: Callable[[SecretStr], None] = lambda _secret: None,
    ) -> None:
        """`learn` is called with the secrets of the entry; `unusable` is raised if it cannot be used."""
        self.cloud = cloud
        self._unusable = unusable
        self._learn = learn
        self._connection: Any = None
        self._lock = threading.Lock()

    def request(self, service: str, method: str, path: str, body: Any = None, *, request_id: str = "") -> Any:
        """Send a request once and return the answer (a `requests.Response`), whatever its status.

        `service` is the SDK's name of the service, `request_id` the global request id. Raises `unusable`, and
        the exceptions of keystoneauth1 and requests.
        """
        return getattr(self._connected(), service).request(
            path,
            method,
            json=body,
            raise_exc=False,
            timeout=SECONDS,
            connect_retries=0,
            global_request_id=request_id or None,
        )

    def _connected(self) -> Any:
        with self._lock:
            if self._connection is None:
                self._connection = self._connect()
            return self._connection

    def _connect(self) -> Any:
        import openstack  # 0.2 s and 22 MB, so only here
        from openstack.exceptions import ConfigException

        try:
            connection = openstack.connect(cloud=self.cloud, app_name="xk8s", api_timeout=SECONDS)
        except ConfigException as error:
            raise self._unusable(
                f"There is no usable cloud {self.cloud}",
                why=reason(error),
                fix=f"Add {self.cloud} to clouds.yaml (OS_CLIENT_CONFIG_FILE says where it is).",
            ) from error
        auth = connection.config.config.get("auth") or {}
        for name in AUTH_SECRETS & auth.keys():
            self._learn(SecretStr(str(auth[name])))
        return connection


def body_of(answer: Any) -> Any:
    """Return the body of an answer as JSON, or its text if it is none."""
    try:
        return answer.json()
    except ValueError:
        return answer.text
