"""Durable workflows on DBOS: recorded steps, take-over of a dead replica's work, outcomes as JSON."""
