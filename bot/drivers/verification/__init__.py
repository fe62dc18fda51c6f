"""Verify and diagnose: gathers a cluster's state once, and lets checks turn it into findings."""
