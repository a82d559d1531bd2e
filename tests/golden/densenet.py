# Compiled by archc: change the spec, not this file.
"""DenseNet for one-channel images, as in Dive into Deep Learning 7.7.

Source: https://arxiv.org/abs/1608.06993
"""

import torch
from torch import Tensor, nn


class DenseBlock(nn.Module):
    """Layers of which each reads all that came before it; each adds `growth_rate`
    channels.

    Source: https://arxiv.org/abs/1608.06993, as in Dive into Deep Learning 7.7
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.net = nn.ModuleList(
            [
                nn.Sequential(
                    nn.BatchNorm2d(in_channels),
                    nn.ReLU(),
                    nn.Conv2d(in_channels, 32, kernel_size=3, padding=1),
                ),
                nn.Sequential(
                    nn.BatchNorm2d(in_channels + 32),
                    nn.ReLU(),
                    nn.Conv2d(in_channels + 32, 32, kernel_size=3, padding=1),
                ),
                nn.Sequential(
                    nn.BatchNorm2d(in_channels + 64),
                    nn.ReLU(),
                    nn.Conv2d(in_channels + 64, 32, kernel_size=3, padding=1),
                ),
                nn.Sequential(
                    nn.BatchNorm2d(in_channels + 96),
                    nn.ReLU(),
                    nn.Conv2d(in_channels + 96, 32, kernel_size=3, padding=1),
                ),
            ]
        )

    def forward(self, input: Tensor) -> Tensor:
        x = self.net[0](input)
        x = torch.cat([input, x], dim=1)
        y = self.net[1](x)
        x = torch.cat([x, y], dim=1)
        y = self.net[2](x)
        x = torch.cat([x, y], dim=1)
        y = self.net[3](x)
        return torch.cat([x, y], dim=1)


class Transition(nn.Sequential):
    """Between dense blocks, a 1x1 convolution halves the channels and a pooling the
    size.

    Source: https://arxiv.org/abs/1608.06993, as in Dive into Deep Learning 7.7
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.BatchNorm2d(in_channels),
            nn.ReLU(),
            nn.Conv2d(in_channels, out_channels, kernel_size=1),
            nn.AvgPool2d(kernel_size=2, stride=2),
        )


class Densenet(nn.Sequential):
    """From `image` `[N, 1, 96, 96]` to `[N, 10]`."""

    def __init__(self) -> None:
        super().__init__(
            nn.Sequential(
                nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3),
                nn.BatchNorm2d(64),
                nn.ReLU(),
                nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
            ),
            DenseBlock(64),
            Transition(192, 96),
            DenseBlock(96),
            Transition(224, 112),
            DenseBlock(112),
            Transition(240, 120),
            DenseBlock(120),
            nn.BatchNorm2d(248),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(248, 10),
        )
