"""The reachability engine: pods, namespaces and policies in, exact allowed connections out. Pure, no I/O.

What to call, in the order in which one needs it:

- `parsing.parse_policy` turns a networking.k8s.io/v1 object into a `model.Policy`, or names every wrong
  field.
- `engine.compute` takes a `model.Cluster`; `Reachability.with_policy` and `without_policy` change one policy.
- `listing.rows`, `explaining.explain`, `exposure.exposure` and `difference.difference` answer questions about
  it.

What is modelled, and what a plugin may do otherwise, is written in `docs/reachability.md`. Reading a cluster
and reading manifests belong outside, in `bot/policy/`.
"""
