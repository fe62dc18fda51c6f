"""NetworkPolicies: presets, preview, apply, roll-back, and who may connect to whom.

`reach/` is the engine, which is pure; `cluster_state` and `manifests/` read what it computes on. Above them
`preview` computes the effect of a change, `change_plan` plans it, `apply` writes it and `post_check` compares
the result. `service` offers all of this to the requests, with `proposals` for approvals and `readers` for
requests that were cut off. Nothing here knows Slack.
"""
