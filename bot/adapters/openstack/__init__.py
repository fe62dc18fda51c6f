"""Clients of OpenStack on openstacksdk: Magnum, and the few calls of Cinder, Neutron and Octavia needed."""
