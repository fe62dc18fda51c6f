"""Copies the planned objects into the target, compares them, starts them, and removes them again."""
