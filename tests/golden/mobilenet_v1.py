# Compiled by archc: change the spec, not this file.
"""MobileNet, whose convolutions are depthwise separable.

Source: https://arxiv.org/abs/1704.04861
"""

from collections import OrderedDict

from torch import nn


class ConvNormAct(nn.Sequential):
    """A convolution without bias, batch normalisation, and an activation.

    Source: https://arxiv.org/abs/1502.03167
    """

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 32, kernel_size=3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
        )


class DepthwiseSeparable(nn.Sequential):
    """A 3x3 convolution of each channel alone, then a 1x1 convolution that mixes
    them.

    Source: https://arxiv.org/abs/1704.04861
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__(
            OrderedDict(
                {
                    "depthwise": nn.Conv2d(
                        in_channels,
                        in_channels,
                        kernel_size=3,
                        stride=stride,
                        padding=1,
                        groups=in_channels,
                        bias=False,
                    ),
                    "bn1": nn.BatchNorm2d(in_channels),
                    "relu1": nn.ReLU(),
                    "pointwise": nn.Conv2d(
                        in_channels, out_channels, kernel_size=1, bias=False
                    ),
                    "bn2": nn.BatchNorm2d(out_channels),
                    "relu2": nn.ReLU(),
                }
            )
        )


class MobilenetV1(nn.Sequential):
    """From `image` `[N, 3, 224, 224]` to `[N, 1000]`."""

    def __init__(self) -> None:
        super().__init__(
            OrderedDict(
                {
                    "features": nn.Sequential(
                        ConvNormAct(),
                        DepthwiseSeparable(32, 64, stride=1),
                        DepthwiseSeparable(64, 128, stride=2),
                        DepthwiseSeparable(128, 128, stride=1),
                        DepthwiseSeparable(128, 256, stride=2),
                        DepthwiseSeparable(256, 256, stride=1),
                        DepthwiseSeparable(256, 512, stride=2),
                        *(DepthwiseSeparable(512, 512, stride=1) for _ in range(5)),
                        DepthwiseSeparable(512, 1024, stride=2),
                        DepthwiseSeparable(1024, 1024, stride=1),
                    ),
                    "avgpool": nn.AdaptiveAvgPool2d(1),
                    "flatten": nn.Flatten(),
                    "classifier": nn.Linear(1024, 1000),
                }
            )
        )
