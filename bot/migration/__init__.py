"""Migrations of workloads from one cluster to another: inventory, plan, transforms, volumes, and the workflow."""
