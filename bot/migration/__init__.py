"""Migrations of workloads from one cluster to another: inventory, plan, transforms, volumes, copy and
cut-over.

Everything here is a function that may be repeated: explicit data in (a plan as JSON, clients), a record out.
Neither holds a secret. Nothing here waits for a person or knows of approvals: the durable workflow in
`bot.migration.workflow` calls these functions step by step.
"""
