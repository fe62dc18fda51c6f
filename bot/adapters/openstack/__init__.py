"""Magnum, Cinder, Neutron and Octavia through openstacksdk: the calls that the product needs."""
