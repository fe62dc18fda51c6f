"""Makes a plan: read-only, pure from what was read. Each module checks one subject and yields findings."""
