"""The reachability engine: pods, namespaces and policies in, exact allowed connections out. Pure, no I/O."""
