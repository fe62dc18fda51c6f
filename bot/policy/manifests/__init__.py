"""Reads files and folders of manifests as the cluster that they describe.

`documents` reads files within bounds, `kube_objects` finds the objects that matter, `pod_templates` and
`controllers` turn them into pods, and `cluster` puts the cluster together. Every mistake is reported with its
file, its document and its field.
"""
