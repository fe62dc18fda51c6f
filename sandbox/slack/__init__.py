"""A Slack workspace: Web API, Socket Mode, HTTP deliveries, and the page where people type."""
