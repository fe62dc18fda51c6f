"""The names of the network drivers (CNI plugins) there are."""

from __future__ import annotations

import enum


class Driver(enum.StrEnum):
    """A network driver (CNI plugin) that a cluster template can choose."""

    CALICO = "calico"
    FLANNEL = "flannel"
