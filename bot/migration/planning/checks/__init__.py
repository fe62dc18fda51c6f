"""What a change of the network driver does to connections, computed by the reachability engine."""
