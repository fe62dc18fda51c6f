"""What Cinder, Octavia and Neutron have: one state that the OpenStack APIs show and the clusters'
controllers work on.
"""

from __future__ import annotations

import dataclasses

from sandbox.infrastructure.network import Network
from sandbox.infrastructure.volumes import BlockStorage


@dataclasses.dataclass
class Infrastructure:
    """One project's disks and network."""

    storage: BlockStorage = dataclasses.field(default_factory=BlockStorage)
    network: Network = dataclasses.field(default_factory=Network)
