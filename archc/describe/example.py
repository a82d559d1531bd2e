"""A spec that calls a built-in block once, as its paper does."""

from __future__ import annotations

from archc.blocks.examples import EXAMPLES
from archc.document.loader import builtin_block


def example_call(name: str) -> str:
    """The node: `- residual: {out_channels: 128, stride: 2}`."""
    inputs = builtin_block(name).body.inputs
    call = EXAMPLES[name].call
    return f"- {{from: [{', '.join(inputs)}], {call}}}" if inputs[1:] else f"- {call}"


def example_spec(name: str) -> str:
    """The whole spec. The inputs have the names of the block's, where it has several."""
    inputs = builtin_block(name).body.inputs
    names = inputs if inputs[1:] else ("x",)
    shapes = zip(names, EXAMPLES[name].shapes, strict=True)
    listed = ", ".join(f"{key}: {shape}" for key, shape in shapes)
    return f"archc: 1\nname: {name}\ninputs: {{{listed}}}\ngraph:\n  {example_call(name)}\n"
