"""Calico: full NetworkPolicy, routing with BGP, optional WireGuard encryption."""
