"""The steps of a migration, one module for each; `workflow.py` and `cutover.py` give their order.

A step may be repeated. A roll-back may be requested during any of them, so each may raise
`RollbackRequested`.
"""
