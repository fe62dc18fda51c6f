"""What `make bench` runs: ratios against a peer or the bare library, in the same run."""
