"""Writes the planned objects into the target, compares them, starts them, and removes them again.

`copier` writes everything as it waits for the cut-over, stage by stage; `startup` starts it; `comparison`
proves that the copy is what was planned; `removal` takes the target back. They name their arguments alike:
`writer` writes into the target, `plan` is what is copied, `inventory` is the source, whose owners give the
order, and `objects` are the planned objects in both forms. `KubeError` is raised if an API server does not
answer.

Load balancers, Ingresses and webhooks are opened by `bot.migration.traffic`, disks are attached by
`bot.migration.volumes`.
"""
