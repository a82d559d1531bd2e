# Compiled by archc: change the spec, not this file.
"""LeNet with batch normalisation, as in Dive into Deep Learning 7.5.

Source: https://arxiv.org/abs/1502.03167
"""

from torch import nn


class LenetBn(nn.Sequential):
    """From `image` `[N, 1, 28, 28]` to `[N, 10]`."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(1, 6, kernel_size=5),
            nn.BatchNorm2d(6),
            nn.Sigmoid(),
            nn.AvgPool2d(kernel_size=2, stride=2),
            nn.Conv2d(6, 16, kernel_size=5),
            nn.BatchNorm2d(16),
            nn.Sigmoid(),
            nn.AvgPool2d(kernel_size=2, stride=2),
            nn.Flatten(),
            nn.Linear(256, 120),
            nn.BatchNorm1d(120),
            nn.Sigmoid(),
            nn.Linear(120, 84),
            nn.BatchNorm1d(84),
            nn.Sigmoid(),
            nn.Linear(84, 10),
        )
