"""What every room may use: errors that people read, the filter for secrets, wording, canonical JSON, workers.

Imports nothing else of the project.
"""
