"""Bounded clients of the outside. The only packages that import kubernetes, openstack and dbos."""
