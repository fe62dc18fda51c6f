"""What every room may use: errors that people read, the filter for secrets, wording. Imports nothing of
ours.
"""
