"""Magnum: cluster templates, clusters and certificates, as release 20.0.2 answers for them."""
