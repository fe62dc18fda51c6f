"""Everything that a migration does to the source, each with its way back. It never deletes anything there.

`changes` is what a change is, `build_before_image` works them all out before the first is made, `applying`
makes them and takes them back, `hooks` runs a team's commands around them.
"""
