"""The durable workflow of a migration: from an approved plan to a deleted source, or back.

`workflow.py` gives the order of the steps. Each calls the functions of `bot.migration`, records what it did
as JSON without secrets, and may be repeated. A problem pauses the migration: nothing is skipped, and a person
chooses how it goes on.
"""
