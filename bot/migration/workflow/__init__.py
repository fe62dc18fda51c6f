"""The durable workflow of a migration: from an approved plan to a deleted source, or back.

Every step calls the functions of `bot.migration`, records what it did as JSON without secrets, and may be
repeated. What goes wrong pauses the migration: nothing is skipped, and a person chooses how it goes on.
"""
