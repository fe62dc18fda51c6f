"""openstacksdk as every client of a cloud here uses it: one entry of clouds.yaml, and no wait without an
end.
"""

from __future__ import annotations

from typing import Any

from bot.common.problems import Problem
from bot.common.wording import reason

SECONDS = 30.0  # for one request, those for tokens and the catalogue included
TRIES = 4  # of a read
RETRIED = frozenset({429, 502, 503})  # seen while a proxy or an API restarts
LONGEST_PAUSE = 8.0  # seconds between two tries


def connection(cloud: str, unusable: type[Problem]) -> Any:
    """A connection that has sent nothing yet. Raises `unusable` if the entry cannot be used."""
    import openstack  # 0.2 s and 22 MB, so only here
    from openstack.exceptions import ConfigException

    try:
        return openstack.connect(cloud=cloud, app_name="xk8s", api_timeout=SECONDS)
    except ConfigException as error:
        raise unusable(
            f"There is no usable cloud {cloud}",
            why=reason(error),
            fix=f"Add {cloud} to clouds.yaml (OS_CLIENT_CONFIG_FILE says where it is).",
        ) from error
