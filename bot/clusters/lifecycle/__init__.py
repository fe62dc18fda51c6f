"""The life of a cluster in Magnum: its creation with a first verification, and its deletion.

Both are workflows that survive a crash at any point. They know Magnum, verification and storage, and report
progress to the `Flow` they are given. The names, the order and the recorded JSON of their steps never change:
DBOS goes on with runs that an older version began.
"""
