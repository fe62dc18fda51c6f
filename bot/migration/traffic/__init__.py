"""Lets the outside in: load balancers, Ingresses, webhooks; and floating IPs that move with their Service."""
