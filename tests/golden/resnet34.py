# Compiled by archc: change the spec, not this file.
"""ResNet-34, with the names that torchvision gives its modules.

Source: https://arxiv.org/abs/1512.03385
"""

from collections import OrderedDict

from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut, projected where the shape changes.

    Here `stride` is 1.
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
    """Two 3x3 convolutions beside a shortcut, projected where the shape changes.

    Here `stride` is 2.
    """

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(
            in_channels, channels, kernel_size=3, stride=2, padding=1, bias=False
        )
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = nn.Sequential(
            nn.Conv2d(in_channels, channels, kernel_size=1, stride=2, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.relu2 = nn.ReLU()

    def forward(self, input: Tensor) -> Tensor:
        x = self.conv1(input)
        x = self.bn1(x)
        x = self.relu1(x)
        x = self.conv2(x)
        x = self.bn2(x)
        downsample = self.downsample(input)
        x = x + downsample
        return self.relu2(x)


class Resnet34(nn.Sequential):
    """From `image` `[N, 3, 224, 224]` to `[N, 1000]`."""

    def __init__(self) -> None:
        super().__init__(
            OrderedDict(
                {
                    "conv1": nn.Conv2d(
                        3, 64, kernel_size=7, stride=2, padding=3, bias=False
                    ),
                    "bn1": nn.BatchNorm2d(64),
                    "relu": nn.ReLU(),
                    "maxpool": nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
                    "layer1": nn.Sequential(
                        *(BasicBlock(64, channels=64) for _ in range(3))
                    ),
                    "layer2": nn.Sequential(
                        BasicBlock2(64, channels=128),
                        *(BasicBlock(128, channels=128) for _ in range(3)),
                    ),
                    "layer3": nn.Sequential(
                        BasicBlock2(128, channels=256),
                        *(BasicBlock(256, channels=256) for _ in range(5)),
                    ),
                    "layer4": nn.Sequential(
                        BasicBlock2(256, channels=512),
                        BasicBlock(512, channels=512),
                        BasicBlock(512, channels=512),
                    ),
                    "avgpool": nn.AdaptiveAvgPool2d(1),
                    "flatten": nn.Flatten(),
                    "fc": nn.Linear(512, 1000),
                }
            )
        )
