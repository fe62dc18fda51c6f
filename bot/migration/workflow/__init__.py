"""The durable workflow of a migration: from an approved plan to a deleted source, or back.

`workflow.py` gives the order of the steps, and each module of `steps` is one of them. A step calls the
functions of `bot.migration`, records its result as JSON without secrets, and may be repeated. A problem
pauses the migration until a person resumes it or rolls it back; no step is ever skipped.
"""
