"""The reachability engine: pods, namespaces and policies in, exact allowed connections out. Pure, no I/O.

Reading a cluster or manifests belongs outside, in `bot/policy/`. What is modelled, and what a network plugin
may do otherwise, is described in `docs/reachability.md`. To use the engine, parse policies with
`parser.parse_policy`, compute a state with `engine.compute`, change a policy of it with
`Reachability.with_policy` and `without_policy`, and ask about the result in `allowed_connections`,
`explanations`, `exposure` and `difference`.

The words of the engine, beside those of the Kubernetes API:

- connection set: a set of (protocol, port). Tables hold the *number* of a set in a `ConnectionSetTable`.
- pod group: pods with equal namespace, labels, named ports and hostNetwork, which selectors and port names
  cannot tell apart.
- endpoint: a pod endpoint is a pod group, or the part of one whose addresses an ipBlock tells apart; an
  external range is a range of addresses outside the cluster that no ipBlock cuts.
- subject and peer: the subject of a policy is the pod that it selects, the destination for ingress and the
  source for egress; the peer is the other end.
- isolation: a policy isolates its subjects in the directions of its policyTypes. Host-network pods are never
  isolated.
- grant: what one rule allows, as connections and peers.
- direction table: all grants of one direction. A row stands for subjects that the same policies select, a
  column for peers that no rule tells apart.
- role: endpoints of one role as a source have the same row of the egress table and the same column of the
  ingress table, and likewise as a destination.
- class: endpoints of one class have the same role as a source and as a destination. An answer is computed
  once for each class.
- joint class: pods of one workload that are of one class in each of two states that are compared.
- own node: the node that runs a pod; its traffic to the pod is always allowed.
"""
