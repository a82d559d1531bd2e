"""What a window that slides leaves unread at the end."""

from archc.sizes import Dimension


def unread(
    size: Dimension, kernel: int, stride: int, padding: tuple[int, int], dilation: int = 1
) -> int:
    """How many cells at the end no window reads; 0 where `size` is no number.

    Gaps between windows, of strides beyond the kernel, are meant and do not count.
    """
    if not isinstance(size, int):
        return 0
    before, after = padding
    reach = dilation * (kernel - 1) + 1
    rest = (size + before + after - reach) % stride
    return max(0, rest - after - max(0, stride - reach))
