"""The one settings model."""
