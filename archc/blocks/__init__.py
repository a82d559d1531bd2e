"""The built-in blocks, one YAML file each, in the language itself."""

BLOCKS = ("dense_block", "inception", "nin_block", "residual", "transition", "vgg_block")
"""The names of the built-in blocks; `NAME.yaml` beside this file holds each."""
