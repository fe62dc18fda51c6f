"""Flannel: a VXLAN overlay without NetworkPolicy or encryption."""
