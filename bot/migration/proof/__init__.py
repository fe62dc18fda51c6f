"""Proves that the new cluster does what the old one did. One check a module; each names what it saw and what
it expected.

A check compares what was recorded before the source stopped, or what the source still says, with what the
target is now. What cannot be looked at (a right that is missing, a cloud that is not there) is said, never
passed over.
"""
