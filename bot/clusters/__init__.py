"""Where a project's clusters come from, how the bot gets into them, and their life.

`catalog` lists the clusters of Magnum and of the configuration, `credentials` opens them, `projects` holds
the parts of one project; `templates/` has cluster templates, `lifecycle/` durable creation and deletion. The
services of the words `cluster`, `template`, `driver` and `verify` stand beside what they use.
"""
