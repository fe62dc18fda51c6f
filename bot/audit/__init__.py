"""The audit log: what was intended, what came of it."""
