"""Files and folders of manifests, read as the cluster that they describe.

`documents` reads files in bounds, `objects` knows which kinds matter, `templates` turns pods and pod
templates into pods, `controllers` expands what runs several of them, `reading` puts it together. A mistake is
told with its file, its document and its field.
"""
