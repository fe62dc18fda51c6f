"""Durable creation, verification and deletion of clusters: workflows on DBOS that survive any crash.

Knows Magnum, verification and storage; knows nothing of Slack or of requests: progress and ends are told to
Protocols that the wiring fills in.
"""
