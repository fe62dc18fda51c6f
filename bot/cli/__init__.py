"""The `xk8s` command."""
