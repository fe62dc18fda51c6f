"""The entry points of Slack: a payload becomes a stored request, and is acknowledged. Nothing is decided
here.
"""
