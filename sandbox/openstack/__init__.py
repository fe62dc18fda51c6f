"""A Keystone and a Magnum, with the rules and the error bodies of the real ones."""
