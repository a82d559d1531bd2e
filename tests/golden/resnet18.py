# Compiled by archc: change the spec, not this file.
"""ResNet-18 for one-channel images, as in Dive into Deep Learning 7.6.

Source: https://arxiv.org/abs/1512.03385
"""

from torch import Tensor, nn


class Residual(nn.Module):
    """Two 3x3 convolutions beside a shortcut, which is a 1x1 convolution where the
    shape changes.

    Here `stride` is 1 and `use_1x1conv` is False.

    Source: https://arxiv.org/abs/1512.03385, as in Dive into Deep Learning 7.6
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.relu1 = nn.ReLU()
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.relu2 = nn.ReLU()

    def forward(self, input: Tensor) -> Tensor:
        x = self.conv1(input)
        x = self.bn1(x)
        x = self.relu1(x)
        x = self.conv2(x)
        x = self.bn2(x)
        x = x + input
        return self.relu2(x)


class Residual2(nn.Module):
    """Two 3x3 convolutions beside a shortcut, which is a 1x1 convolution where the
    shape changes.

    Here `stride` is 2 and `use_1x1conv` is True.

    Source: https://arxiv.org/abs/1512.03385, as in Dive into Deep Learning 7.6
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(
            in_channels, out_channels, kernel_size=3, stride=2, padding=1
        )
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1)
        self.conv3 = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=2)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.relu1 = nn.ReLU()
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.relu2 = nn.ReLU()

    def forward(self, input: Tensor) -> Tensor:
        x = self.conv1(input)
        conv3 = self.conv3(input)
        x = self.bn1(x)
        x = self.relu1(x)
        x = self.conv2(x)
        x = self.bn2(x)
        x = x + conv3
        return self.relu2(x)


class Resnet18(nn.Sequential):
    """From `image` `[N, 1, 224, 224]` to `[N, 10]`."""

    def __init__(self) -> None:
        super().__init__(
            nn.Sequential(
                nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3),
                nn.BatchNorm2d(64),
                nn.ReLU(),
                nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
            ),
            nn.Sequential(
                Residual(64, 64),
                Residual(64, 64),
            ),
            nn.Sequential(
                Residual2(64, 128),
                Residual(128, 128),
            ),
            nn.Sequential(
                Residual2(128, 256),
                Residual(256, 256),
            ),
            nn.Sequential(
                Residual2(256, 512),
                Residual(512, 512),
            ),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(512, 10),
        )
