"""Flannel: a VXLAN overlay without NetworkPolicy and without encryption."""
