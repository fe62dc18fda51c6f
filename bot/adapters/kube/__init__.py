"""Reads and writes of a Kubernetes API, fast and bounded, and commands in containers.

Knows no network driver and no Magnum. From the `kubernetes` client it takes configuration and authentication.
"""
