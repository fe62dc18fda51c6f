"""Migrations of workloads from one cluster to another: inventory, plan, transforms, volumes, copy and
cut-over.

Everything here is a function that may be repeated: explicit data in (a plan as JSON, clients), a record out.
Neither holds a secret. It waits for nobody and knows no approval; the durable workflow calls it step by step.
"""
