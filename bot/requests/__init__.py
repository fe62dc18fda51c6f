"""The way of one request: inbox, authorise, audit around the service, results out.

It knows neither Slack nor what the services do: both ends are Protocols that the wiring fills in.
"""
