"""The built-in blocks, one YAML file each, in the language itself."""

BLOCKS = (
    "aspp",
    "bottleneck",
    "conv_norm_act",
    "convnext_block",
    "dense_block",
    "dense_layer",
    "depthwise_separable",
    "fire",
    "inception",
    "inception_bn",
    "inverted_residual",
    "nin_block",
    "preact_residual",
    "residual",
    "resnext_bottleneck",
    "shuffle_unit",
    "squeeze_excitation",
    "transition",
    "unet_down",
    "unet_up",
    "vgg_block",
)
"""The names of the built-in blocks; `NAME.yaml` beside this file holds each."""
