"""The state behind Cinder, Octavia and Neutron.

The OpenStack APIs show it, and the controllers of the clusters work on it.
"""

from __future__ import annotations

import dataclasses

from sandbox.infrastructure.block_storage import BlockStorage
from sandbox.infrastructure.network import ProjectNetwork


@dataclasses.dataclass
class Infrastructure:
    """The disks and the network of one project."""

    storage: BlockStorage = dataclasses.field(default_factory=BlockStorage)
    network: ProjectNetwork = dataclasses.field(default_factory=ProjectNetwork)
