"""Volumes: which claim gets which disk. Cinder volumes move without their data being copied.

`choices` says what becomes of each claim, `static_volumes` makes the objects that bind a disk to a claim,
`reattachment` moves disks from cluster to cluster and back, and `snapshots` keeps them as the source left
them. The choices are checked by `bot.migration.planning.checks.volumes`.
"""
