# Compiled by archc: change the spec, not this file.
"""Residual networks of depth 6n + 2 for small images, with shortcuts free of
parameters.

Source: https://arxiv.org/abs/1512.03385, section 4.2
"""

from collections import OrderedDict

import torch.nn.functional as F
from torch import Tensor, nn


class Pad(nn.Module):
    """Adds cells before and after the last dimensions."""

    def __init__(
        self, pad: tuple[int, ...], mode: str = "constant", value: float | None = None
    ) -> None:
        super().__init__()
        self.pad = list(pad)
        self.mode = mode
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, self.pad, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"pad={self.pad}, mode={self.mode}, value={self.value}"


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut, thinned and filled with zeros if it
    must be.

    Here `added` is 0 and `stride` is 1.
    """

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(
            in_channels, channels, kernel_size=3, padding=1, bias=False
        )
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu2 = nn.ReLU()

    def forward(self, input: Tensor) -> Tensor:
        x = self.conv1(input)
        x = self.bn1(x)
        x = self.relu1(x)
        x = self.conv2(x)
        x = self.bn2(x)
        x = x + input
        return self.relu2(x)


class BasicBlock2(nn.Module):
    """Two 3x3 convolutions beside a shortcut, thinned and filled with zeros if it
    must be.

    Here `stride` is 2.
    """

    def __init__(self, in_channels: int, channels: int, added: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(
            in_channels, channels, kernel_size=3, stride=2, padding=1, bias=False
        )
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(kernel_size=1, stride=2),
            Pad((0, 0, 0, 0, added // 2, added // 2)),
        )
        self.relu2 = nn.ReLU()

    def forward(self, input: Tensor) -> Tensor:
        x = self.conv1(input)
        x = self.bn1(x)
        x = self.relu1(x)
        x = self.conv2(x)
        x = self.bn2(x)
        shortcut = self.shortcut(input)
        x = x + shortcut
        return self.relu2(x)


class CifarResnet(nn.Sequential):
    """From `image` `[N, 3, 32, 32]` to `[N, 10]`."""

    def __init__(self) -> None:
        super().__init__(
            OrderedDict(
                {
                    "conv1": nn.Conv2d(3, 16, kernel_size=3, padding=1, bias=False),
                    "bn1": nn.BatchNorm2d(16),
                    "relu": nn.ReLU(),
                    "layer1": nn.Sequential(
                        *(BasicBlock(16, channels=16) for _ in range(3))
                    ),
                    "layer2": nn.Sequential(
                        BasicBlock2(16, channels=32, added=16),
                        BasicBlock(32, channels=32),
                        BasicBlock(32, channels=32),
                    ),
                    "layer3": nn.Sequential(
                        BasicBlock2(32, channels=64, added=32),
                        BasicBlock(64, channels=64),
                        BasicBlock(64, channels=64),
                    ),
                    "avgpool": nn.AdaptiveAvgPool2d(1),
                    "flatten": nn.Flatten(),
                    "fc": nn.Linear(64, 10),
                }
            )
        )
