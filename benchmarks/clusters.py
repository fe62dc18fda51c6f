"""The sandbox's sandbox as a process of its own: writes the bot's files and environment into a folder."""

from __future__ import annotations

import json
import pathlib
import sys
import time

from benchmarks import bot
from sandbox.sandbox import InitialCluster


def main() -> None:
    """Serve until it is ended."""
    folder = pathlib.Path(sys.argv[1])
    with bot.sandbox((InitialCluster(name="prod-eu", driver="calico", nodes=9, masters=3),)) as sandbox:
        environment = sandbox.write(folder)
        (folder / "environment.tmp").write_text(json.dumps(environment))
        (folder / "environment.tmp").rename(folder / "environment.json")
        while True:
            time.sleep(1)


if __name__ == "__main__":
    main()
