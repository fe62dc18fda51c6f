"""Kubernetes objects as plain JSON, and what each needs to be the same thing in another cluster. Pure."""
