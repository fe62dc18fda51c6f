"""Transforms: what an object needs to be the same thing in another cluster.

A module has the transforms of one subject, each a `Transform` for one or more kinds, listed in its
`TRANSFORMS`; `catalog` finds the one of an object. To add a transform, write a function in the module of its
subject, list it there, and add a new module to `catalog.MODULES`.

`catalog.strip` takes out what belongs to the source cluster. It is idempotent: of a copy it makes the same
object again, which is how copies are compared. `mapping.adapt` applies what the team has configured, and is
applied once.
"""
