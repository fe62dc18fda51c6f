"""Who may do what, where: projects, roles, authorisation, and approvals by a second person.

Nothing here knows Slack: people, groups and channels come from a `Directory`.
"""
