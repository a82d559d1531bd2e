"""The words for operations' arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.fields import FieldInfo

_SHARED: Mapping[str, str] = {
    "a": "The negative slope of the rectifier that follows, or the lower bound.",
    "add_bias_kv": "Whether it learns one more key and value.",
    "add_zero_attn": "Whether it adds a key and value of zeros.",
    "affine": "Whether it learns a scale and a shift.",
    "align_corners": "Whether the centres of the corner cells stay where they are.",
    "alpha": "`alpha` of the formula.",
    "approximate": "Whether the function itself or an approximation.",
    "b": "The upper bound.",
    "beta": "`beta` of the formula.",
    "bias": "Whether it adds a learned bias.",
    "ceil_mode": "Whether a last window that reaches past the end counts.",
    "chunks": "How many parts.",
    "count_include_pad": "Whether padding counts in the mean.",
    "dilation": "The distance between the cells of the window.",
    "dim": "The dimension along which it works; 0 is the batch, -1 the last.",
    "dims": "The dimensions of the input, in their new order.",
    "divisor_override": "What sums are divided by, instead of the number of cells.",
    "downscale_factor": "By how much height and width shrink.",
    "dropout": "The probability of a zero, in training.",
    "elementwise_affine": "Whether it learns a scale and a shift.",
    "end": "Where it ends: the first that is left out.",
    "end_dim": "The last dimension; -1 is the last of all.",
    "eps": "What is added, so that nothing is divided by zero.",
    "gain": "A factor on the spread.",
    "groups": "In how many groups, apart from each other, the channels are.",
    "init": "Where the learned value starts.",
    "k": "`k` of the formula.",
    "kdim": "Features of the keys.",
    "keepdim": "Whether the dimension stays, with size 1.",
    "kernel_size": "The size of the window.",
    "max_val": "The largest value.",
    "mean": "The mean.",
    "min_val": "The smallest value.",
    "mode": "Which variant.",
    "momentum": "The weight of the newest batch in the running statistics.",
    "negative_slope": "The slope below zero.",
    "nonlinearity": "The function that follows.",
    "norm_type": "The power: 1 sums, 2 is the Euclidean length.",
    "normalized_shape": "The last sizes, over which it normalises.",
    "num_groups": "In how many groups the channels are.",
    "num_heads": "How many heads.",
    "num_parameters": "How many slopes it learns: one, or one for each channel.",
    "out_channels": "Channels of the result.",
    "out_features": "Features of the result.",
    "output_padding": "Cells added at one end of each dimension of the result.",
    "output_size": "The spatial size of the result; null keeps a dimension's size.",
    "p": "The probability of a zero, in training.",
    "pad": "Cells added before and after, from the last dimension on.",
    "padding": "Cells added at both ends of each spatial dimension.",
    "padding_mode": "What the padding holds.",
    "recompute_scale_factor": "Whether the factor is taken again from the sizes.",
    "scale": "What it multiplies by, for each channel.",
    "scale_factor": "By how much the spatial size grows.",
    "shape": "The sizes of the result.",
    "shift": "What it adds, for each channel.",
    "split_size_or_sections": "The size of each part, or the sizes of all.",
    "start": "Where it starts.",
    "start_dim": "The first dimension.",
    "std": "The standard deviation.",
    "step": "The distance from one to the next.",
    "stride": "The steps of the window.",
    "threshold": "Above it, the function is the identity.",
    "track_running_stats": "Whether it keeps statistics for evaluation.",
    "unflattened_size": "The sizes into which the dimension comes apart.",
    "upscale_factor": "By how much height and width grow.",
    "val": "The value.",
    "value": "What constant padding holds.",
    "vdim": "Features of the values.",
}
"""The arguments that mean the same in every operation that has them."""


_OWN: Mapping[tuple[str, str], str] = {
    ("channel_shuffle", "groups"): "Of how many groups the channels come, one of each in turn.",
    ("conv_transpose1d", "padding"): "Cells taken off both ends of the result.",
    ("conv_transpose1d", "stride"): "By how many cells of the result the window moves.",
    ("conv_transpose2d", "padding"): "Cells taken off both ends of each dimension of the result.",
    ("conv_transpose2d", "stride"): "By how many cells of the result the window moves.",
    ("local_response_norm", "alpha"): "The weight of the mean of the squares.",
    ("local_response_norm", "beta"): "The power of the divisor.",
    ("local_response_norm", "k"): "What is added to the mean of the squares.",
    ("local_response_norm", "size"): "How many neighbouring channels the mean is taken over.",
    ("normalize", "p"): "The power of the norm: 2 is the Euclidean length.",
    ("pad", "mode"): "What the new cells hold.",
    ("reshape", "shape"): "The sizes of the result, batch first; -1 follows from the others.",
    ("stochastic_depth", "mode"): "Whether the whole batch is zero at once, or each row by itself.",
    ("upsample", "mode"): "How values between the cells are found.",
    ("upsample", "size"): "The spatial size of the result.",
}
"""What arguments mean of which other operations have one of the same name with another meaning."""


def argument_words(operation: str, name: str, field: FieldInfo) -> str | None:
    """What an argument of an operation or initialiser means: the description of its field, else its
    own words, else what its name means everywhere.
    """
    return field.description or _OWN.get((operation, name)) or _SHARED.get(name)


_EXAMPLES: Mapping[str, tuple[Any, ...]] = {
    "chunks": (2,),
    "dim": (1,),
    "dims": ([0, 2, 3, 1],),
    "downscale_factor": (2,),
    "groups": (4,),
    "kernel_size": (3,),
    "mode": ("row",),
    "norm_type": (2,),
    "normalized_shape": (64,),
    "num_groups": (8,),
    "num_heads": (8,),
    "out_channels": (64,),
    "out_features": (10,),
    "output_size": (1,),
    "p": (0.1,),
    "pad": ([1, 1],),
    "scale": ([1.0, 0.5],),
    "shape": ([64, 1, 1], ["N", 64]),
    "shift": ([0.0, -1.0],),
    "size": (5,),
    "split_size_or_sections": (32,),
    "unflattened_size": ([8, 8],),
    "upscale_factor": (2,),
}
"""Values that people might write for the arguments that some operation needs."""


def example_values(name: str) -> tuple[Any, ...]:
    """Values for the argument `name`, of which an operation that needs it takes one."""
    return _EXAMPLES.get(name, ())
