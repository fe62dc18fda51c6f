"""What a person can ask for: the grammar and one pydantic `Action` per request.

Text goes in, an `Action` or a `Mistake` comes out. Nothing here knows Slack, a cluster or a database.
"""
