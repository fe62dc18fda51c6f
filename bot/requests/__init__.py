"""The road of one request: inbox, pipeline of stages, long-running operations, recovery after a crash.

It knows neither Slack nor what the services do: both ends are Protocols that the wiring fills in.
"""
