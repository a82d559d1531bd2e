# Compiled by archc: change the spec, not this file.
"""Network in Network for one-channel images, as in Dive into Deep Learning 7.3.

Source: https://arxiv.org/abs/1312.4400
"""

from torch import nn


class NinBlock(nn.Sequential):
    """A convolution, then two 1x1 convolutions that mix channels at each pixel, each
    with ReLU.

    Source: https://arxiv.org/abs/1312.4400, as in Dive into Deep Learning 7.3
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int,
        padding: int,
    ) -> None:
        super().__init__(
            nn.Conv2d(
                in_channels,
                out_channels,
                kernel_size=kernel_size,
                stride=stride,
                padding=padding,
            ),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, kernel_size=1),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, kernel_size=1),
            nn.ReLU(),
        )


class Nin(nn.Sequential):
    """From `image` `[N, 1, 224, 224]` to `[N, 10]`."""

    def __init__(self) -> None:
        super().__init__(
            NinBlock(1, 96, kernel_size=11, stride=4, padding=0),
            nn.MaxPool2d(kernel_size=3, stride=2),
            NinBlock(96, 256, kernel_size=5, stride=1, padding=2),
            nn.MaxPool2d(kernel_size=3, stride=2),
            NinBlock(256, 384, kernel_size=3, stride=1, padding=1),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Dropout(p=0.5),
            NinBlock(384, 10, kernel_size=3, stride=1, padding=1),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
