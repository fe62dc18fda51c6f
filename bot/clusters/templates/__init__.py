"""Cluster templates: defaults, rules, creation and publishing."""
