"""What an object needs to be the same thing in another cluster: one small unit per kind, and general rules.

`strip` takes out what belongs to the source; it may be repeated, and of a copy it makes the same text again,
which is how copies are compared. `adapt` applies what the team has configured; it is applied once.
"""
