"""Kubernetes objects as plain JSON, and what each of them needs to be the same thing in another cluster.

Everything here is a pure function of the objects that are passed in: nothing reads a cluster or writes to
one, and only `digest_key_source` touches a file. What an object becomes in the target is `transforms`; when
it is created there is `copy_order`, and how it waits for the cut-over `cutover_modes`. Reading a cluster
belongs to `bot.migration.inventory`, writing into one to `bot.migration.copy`.
"""
