"""Kubernetes clusters: an API server, controllers, nodes and their network drivers, with real state."""
