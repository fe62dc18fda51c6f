"""The one place where parts are wired together."""
