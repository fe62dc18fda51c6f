"""Forms: which action opens one, how it looks, and its values back into an action. Pure.

A form carries an opaque offer id in its private metadata and nothing else. `catalog` knows every form; each
module beside it is one form.
"""
