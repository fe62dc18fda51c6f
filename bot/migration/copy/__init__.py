"""Writes the planned objects into the target, compares them, starts them, and removes them again.

`copier` writes everything as it waits for the cut-over, stage by stage; `startup` lets it work; `comparison`
proves that the copy is what was planned; `removal` takes the target back. All of them write through `writer`.
Load balancers, Ingresses and webhooks are opened by `bot.migration.traffic`, disks are attached by
`bot.migration.volumes`.
"""
