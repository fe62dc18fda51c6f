"""The only part that knows Slack: listeners, views, delivery."""
