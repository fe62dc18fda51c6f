"""The audit log: what was intended, what came of it; its chain of hashes, signed, verified and exported."""
