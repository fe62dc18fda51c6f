"""The checks of a plan: each module looks at one subject, computes only, and yields findings.

To add a check, write a function from `PlanInputs` to findings and add it to `bot.migration.planning.builder`.
"""
