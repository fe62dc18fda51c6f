"""Two sandbox clusters as a process of their own, to copy from one to the other. Writes how to reach them.

`python -m benchmarks.api_servers FOLDER SECONDS`: every answer of the target waits so long first.
"""

from __future__ import annotations

import json
import pathlib
import sys
import time

from sandbox.infrastructure import Infrastructure
from sandbox.kube.cluster import ClusterSpec, SandboxCluster
from sandbox.kube.controllers.kubelet import Timings
from sandbox.loopback import Loopback

TOKEN = "bench-token"


def main() -> None:
    """Serve until it is ended."""
    folder = pathlib.Path(sys.argv[1])
    loopback, infrastructure = Loopback(), Infrastructure()
    loopback.start()
    reached = {}
    for number, (name, driver) in enumerate((("source", "flannel"), ("target", "calico"))):
        spec = ClusterSpec(uuid=name, name=name, driver=driver, masters=1, nodes=0, subnet=f"10.0.{number}")
        cluster = SandboxCluster(spec, timings=Timings(start=0.0, stop=0.0), infrastructure=infrastructure)
        cluster.authenticator.add_token(TOKEN, "admin", ["system:masters"])
        loopback.run(cluster.start(loopback))
        loopback.run(cluster.settled())
        if name == "target":
            cluster.api.faults.delay = float(sys.argv[2])
        reached[name] = {"server": cluster.address, "ca": cluster.authority.pem, "token": TOKEN}
    (folder / "clusters.tmp").write_text(json.dumps(reached))
    (folder / "clusters.tmp").rename(folder / "clusters.json")
    while True:
        time.sleep(1)


if __name__ == "__main__":
    main()
