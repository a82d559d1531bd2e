# Compiled by archc: change the spec, not this file.
"""Classifies by an image and a vector of what else is known about it.

Source: https://arxiv.org/abs/1909.12912, here with a small VGG
"""

import torch
from torch import Tensor, nn


class VggBlock(nn.Sequential):
    """3x3 convolutions with ReLU, then a 2x2 max-pooling that halves height and
    width.

    Here `num_convs` is 1.

    Source: https://arxiv.org/abs/1409.1556, as in Dive into Deep Learning 7.2
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2),
        )


class VggBlock2(nn.Sequential):
    """3x3 convolutions with ReLU, then a 2x2 max-pooling that halves height and
    width.

    Here `num_convs` is 2 and `out_channels` is 128.

    Source: https://arxiv.org/abs/1409.1556, as in Dive into Deep Learning 7.2
    """

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(64, 128, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(128, 128, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2),
        )


class TwoInputs(nn.Module):
    """From `image` `[N, 3, 64, 64]`, `facts` `[N, 12]` to `[N, 10]`."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            VggBlock(3, 32),
            VggBlock(32, 64),
            VggBlock2(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.known = nn.Sequential(
            nn.Linear(12, 32),
            nn.ReLU(),
        )
        self.classifier = nn.Sequential(
            nn.Linear(160, 128),
            nn.ReLU(),
            nn.Dropout(p=0.5),
            nn.Linear(128, 10),
        )

    def forward(self, image: Tensor, facts: Tensor) -> Tensor:
        features = self.features(image)
        x = self.known(facts)
        x = torch.cat([features, x], dim=1)
        return self.classifier(x)
