"""The driver catalogue: what each network driver can do and how it looks in a cluster.

Pure: facts in, findings out.
"""
