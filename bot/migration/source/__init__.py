"""Everything that a migration does to the source, each change with its way back. Nothing is deleted there.

`before_image` is the record of the changes and of how things were, `quiesce_plan` computes it before the
first change is made, `changes` applies and reverts the changes, `quiesced` checks that everything has
stopped, `hooks` runs a team's commands around them, and `drift` notices what others have changed meanwhile.
"""
