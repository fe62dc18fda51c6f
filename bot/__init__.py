"""xk8s: the network drivers of Kubernetes clusters, run from a Slack channel."""

__version__ = "0.1.0"
