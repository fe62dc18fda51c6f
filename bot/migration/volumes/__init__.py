"""Volumes: which claim gets which disk. Cinder volumes move without their data being copied.

`available_signals` decides and checks, `static` makes the objects, `moving` takes the steps and takes them
back.
"""
