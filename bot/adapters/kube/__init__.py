"""Fast, bounded reads and writes on top of the `kubernetes` client, and exec.

Knows no driver and no Magnum.
"""
