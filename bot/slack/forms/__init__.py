"""Forms: the modals, and their values back into an action. Pure.

Each module beside `catalog`, `form` and `parts` is one form and declares it as `FORM`. A form carries the id
of an offer in its private metadata and nothing else.
"""
