"""Cluster templates: what a new one is made of (`spec`), their labels (`labels`), and those of a project."""
