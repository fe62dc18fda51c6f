"""Roles and projects: who may do what, where."""
