"""The controllers of a cluster: each brings the objects nearer to their desired state, one pass at a time.

A controller reads and writes the store, as the real ones use the API, and knows no other controller.
`manager.py` runs all of them until nothing changes any more.
"""
