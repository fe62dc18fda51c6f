"""What a person can ask for: the grammar and one pydantic `Action` per request.

Text goes in, an `Action` or a `Mistake` comes out. Beside it stand the contracts between an action and what
serves it (service, proposal, routes). Nothing here knows Slack, a cluster or a database.
"""
