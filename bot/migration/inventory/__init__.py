"""What there is: everything in the source, what its API serves, and what is never copied."""
