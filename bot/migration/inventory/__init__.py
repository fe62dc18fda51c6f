"""What a cluster has and serves: its objects, its API, the state of its workloads, and what is never copied.

Modules here read a cluster, or compute from what was read; nothing here changes one. Rules about a single
object belong to `bot.migration.objects`; what a migration makes of the inventory belongs to
`bot.migration.planning`.
"""
