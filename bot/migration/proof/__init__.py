"""The proof that the new cluster does what the old one did: one check a module, each with a `ProofResult`.

A check compares the target as it is now with what was recorded before the source stopped, or with what the
source still says. What cannot be looked at (a right that is missing, a cloud that is not there) is reported
as unchecked and never passed over. Whether the copied objects are equal is `bot.migration.copy.comparison`.

All checks name their arguments alike: `plan` is what was copied, `before` is the baseline of the source
before it stopped, and `now` is the target as it is now.
"""
