"""A Slack workspace, a Magnum behind a Keystone and Kubernetes clusters, on loopback.

They speak the real protocols and hold real state; the product cannot tell them from the real ones, and
nothing here imports the product. Faults change state, never an answer.
"""
