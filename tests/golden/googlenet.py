# Compiled by archc: change the spec, not this file.
"""GoogLeNet for one-channel images, as in Dive into Deep Learning 7.4.

Source: https://arxiv.org/abs/1409.4842
"""

import torch
from torch import Tensor, nn


class Inception(nn.Module):
    """Four parallel paths of different kernels, concatenated along the channels.

    Source: https://arxiv.org/abs/1409.4842, as in Dive into Deep Learning 7.4
    """

    def __init__(
        self,
        in_channels: int,
        c1: int,
        c2: tuple[int, ...],
        c3: tuple[int, ...],
        c4: int,
    ) -> None:
        super().__init__()
        self.p1_1 = nn.Conv2d(in_channels, c1, kernel_size=1)
        self.p1_relu = nn.ReLU()
        self.p2_1 = nn.Conv2d(in_channels, c2[0], kernel_size=1)
        self.p2_relu1 = nn.ReLU()
        self.p2_2 = nn.Conv2d(c2[0], c2[1], kernel_size=3, padding=1)
        self.p2_relu2 = nn.ReLU()
        self.p3_1 = nn.Conv2d(in_channels, c3[0], kernel_size=1)
        self.p3_relu1 = nn.ReLU()
        self.p3_2 = nn.Conv2d(c3[0], c3[1], kernel_size=5, padding=2)
        self.p3_relu2 = nn.ReLU()
        self.p4_1 = nn.MaxPool2d(kernel_size=3, stride=1, padding=1)
        self.p4_2 = nn.Conv2d(in_channels, c4, kernel_size=1)
        self.p4_relu = nn.ReLU()

    def forward(self, input: Tensor) -> Tensor:
        p1 = self.p1_1(input)
        p1 = self.p1_relu(p1)
        p2 = self.p2_1(input)
        p2 = self.p2_relu1(p2)
        p2 = self.p2_2(p2)
        p2 = self.p2_relu2(p2)
        p3 = self.p3_1(input)
        p3 = self.p3_relu1(p3)
        p3 = self.p3_2(p3)
        p3 = self.p3_relu2(p3)
        x = self.p4_1(input)
        x = self.p4_2(x)
        x = self.p4_relu(x)
        return torch.cat([p1, p2, p3, x], dim=1)


class Googlenet(nn.Sequential):
    """From `image` `[N, 1, 96, 96]` to `[N, 10]`."""

    def __init__(self) -> None:
        super().__init__(
            nn.Sequential(
                nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3),
                nn.ReLU(),
                nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
            ),
            nn.Sequential(
                nn.Conv2d(64, 64, kernel_size=1),
                nn.ReLU(),
                nn.Conv2d(64, 192, kernel_size=3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
            ),
            nn.Sequential(
                Inception(192, c1=64, c2=(96, 128), c3=(16, 32), c4=32),
                Inception(256, c1=128, c2=(128, 192), c3=(32, 96), c4=64),
                nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
            ),
            nn.Sequential(
                Inception(480, c1=192, c2=(96, 208), c3=(16, 48), c4=64),
                Inception(512, c1=160, c2=(112, 224), c3=(24, 64), c4=64),
                Inception(512, c1=128, c2=(128, 256), c3=(24, 64), c4=64),
                Inception(512, c1=112, c2=(144, 288), c3=(32, 64), c4=64),
                Inception(528, c1=256, c2=(160, 320), c3=(32, 128), c4=128),
                nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
            ),
            nn.Sequential(
                Inception(832, c1=256, c2=(160, 320), c3=(32, 128), c4=128),
                Inception(832, c1=384, c2=(192, 384), c3=(48, 128), c4=128),
                nn.AdaptiveAvgPool2d(1),
                nn.Flatten(),
            ),
            nn.Linear(1024, 10),
        )
