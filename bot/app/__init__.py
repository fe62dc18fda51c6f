"""The process: what is wired to what, started and stopped in order, and what an orchestrator asks of it."""
