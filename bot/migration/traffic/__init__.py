"""Opens the target to the outside: load balancers, Ingresses and webhooks, and floating IPs that move.

What runs inside the cluster is started by `bot.migration.copy.startup`; whether load balancers work is
checked by `bot.migration.proof.load_balancers`.
"""
