"""Verification of a running cluster's driver: what runs there, facts, checks, and one verdict.

`detection` finds the driver, `collector` reads the facts, `shared_checks` and the driver's own checks turn
facts into findings, `verifier` does all of it for many clusters at once, and `report` is the result.
"""
