"""Thin: a Slack payload becomes a stored request; nothing is decided here."""
