"""What sliding windows do to a size, exactly as torch computes it."""

from __future__ import annotations

from archc.sizes.size import Dimension


def window(
    size: Dimension,
    kernel: int,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> Dimension:
    """How many windows of a convolution or a pooling fit along one dimension.

    `padding` is that of each side, or `(before, after)` where they differ. In ceil mode a last
    window may hang over the end, but is dropped where it would start in the padding after it.
    A result below 1 means that torch refuses the size.
    """
    before, after = (padding, padding) if isinstance(padding, int) else padding
    slack = before + after - dilation * (kernel - 1) - 1 + stride
    if ceil_mode:
        slack = min(slack + stride - 1, before + stride - 1)
    return (size + slack) // stride


def transposed(
    size: Dimension,
    kernel: int,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
    dilation: int = 1,
) -> Dimension:
    """The size that a transposed convolution gives along one dimension."""
    return (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1
