"""Calico: full NetworkPolicy, BGP, optional WireGuard."""
