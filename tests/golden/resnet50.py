# Compiled by archc: change the spec, not this file.
"""ResNet-50, with the names that torchvision gives its modules.

Source: https://arxiv.org/abs/1512.03385
"""

from collections import OrderedDict

from torch import Tensor, nn


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions beside a shortcut, projected where the shape
    changes.

    Here `use_projection` is True.

    Source: https://arxiv.org/abs/1512.03385, with the stride at the 3x3
    convolution
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int, width: int
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(
            width, width, kernel_size=3, stride=stride, padding=1, bias=False
        )
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(width, out_channels, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = nn.Sequential(
            nn.Conv2d(
                in_channels, out_channels, kernel_size=1, stride=stride, bias=False
            ),
            nn.BatchNorm2d(out_channels),
        )
        self.relu3 = nn.ReLU()

    def forward(self, input: Tensor) -> Tensor:
        x = self.conv1(input)
        x = self.bn1(x)
        x = self.relu1(x)
        x = self.conv2(x)
        x = self.bn2(x)
        x = self.relu2(x)
        x = self.conv3(x)
        x = self.bn3(x)
        downsample = self.downsample(input)
        x = x + downsample
        return self.relu3(x)


class Bottleneck2(nn.Module):
    """1x1, 3x3 and 1x1 convolutions beside a shortcut, projected where the shape
    changes.

    Here `stride` is 1 and `use_projection` is False.

    Source: https://arxiv.org/abs/1512.03385, with the stride at the 3x3
    convolution
    """

    def __init__(self, in_channels: int, out_channels: int, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(width, out_channels, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.relu3 = nn.ReLU()

    def forward(self, input: Tensor) -> Tensor:
        x = self.conv1(input)
        x = self.bn1(x)
        x = self.relu1(x)
        x = self.conv2(x)
        x = self.bn2(x)
        x = self.relu2(x)
        x = self.conv3(x)
        x = self.bn3(x)
        x = x + input
        return self.relu3(x)


class Resnet50(nn.Sequential):
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
                        Bottleneck(64, 256, stride=1, width=64),
                        Bottleneck2(256, 256, width=64),
                        Bottleneck2(256, 256, width=64),
                    ),
                    "layer2": nn.Sequential(
                        Bottleneck(256, 512, stride=2, width=128),
                        *(Bottleneck2(512, 512, width=128) for _ in range(3)),
                    ),
                    "layer3": nn.Sequential(
                        Bottleneck(512, 1024, stride=2, width=256),
                        *(Bottleneck2(1024, 1024, width=256) for _ in range(5)),
                    ),
                    "layer4": nn.Sequential(
                        Bottleneck(1024, 2048, stride=2, width=512),
                        Bottleneck2(2048, 2048, width=512),
                        Bottleneck2(2048, 2048, width=512),
                    ),
                    "avgpool": nn.AdaptiveAvgPool2d(1),
                    "flatten": nn.Flatten(),
                    "fc": nn.Linear(2048, 1000),
                }
            )
        )
