"""Makes the plan of a migration. Nothing here changes a cluster.

`survey` reads both clusters, `builder` computes the plan from what was read, and `plan` is its form, which is
stored and approved. Each module of `checks` looks at one subject and yields findings. What carries a plan out
belongs to `bot.migration.copy`, `volumes`, `source` and `traffic`.
"""
