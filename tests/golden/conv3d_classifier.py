# Compiled by archc: change the spec, not this file.
"""R3D-18, a residual network for video, with the names that torchvision gives its
modules.

Source: https://arxiv.org/abs/1711.11248
"""

from collections import OrderedDict

from torch import Tensor, nn


class ConvNorm(nn.Sequential):
    """A convolution without bias and batch normalisation."""

    def __init__(
        self, in_channels: int, channels: int, kernel: int, stride: int
    ) -> None:
        super().__init__(
            nn.Conv3d(
                in_channels,
                channels,
                kernel_size=kernel,
                stride=stride,
                padding=kernel // 2,
                bias=False,
            ),
            nn.BatchNorm3d(channels),
        )


class BasicBlock(nn.Module):
    """Two 3x3x3 convolutions beside a shortcut, projected where the shape changes.

    Here `stride` is 1.
    """

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.conv1 = ConvNorm(in_channels, channels=channels, kernel=3, stride=1)
        self.relu1 = nn.ReLU()
        self.conv2 = ConvNorm(channels, channels=channels, kernel=3, stride=1)
        self.relu2 = nn.ReLU()

    def forward(self, input: Tensor) -> Tensor:
        x = self.conv1(input)
        x = self.relu1(x)
        x = self.conv2(x)
        x = x + input
        return self.relu2(x)


class BasicBlock2(nn.Module):
    """Two 3x3x3 convolutions beside a shortcut, projected where the shape changes.

    Here `stride` is 2.
    """

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.conv1 = ConvNorm(in_channels, channels=channels, kernel=3, stride=2)
        self.relu1 = nn.ReLU()
        self.conv2 = ConvNorm(channels, channels=channels, kernel=3, stride=1)
        self.downsample = ConvNorm(in_channels, channels=channels, kernel=1, stride=2)
        self.relu2 = nn.ReLU()

    def forward(self, input: Tensor) -> Tensor:
        x = self.conv1(input)
        x = self.relu1(x)
        x = self.conv2(x)
        downsample = self.downsample(input)
        x = x + downsample
        return self.relu2(x)


class Conv3dClassifier(nn.Sequential):
    """From `video` `[N, 3, 16, 112, 112]` to `[N, 400]`."""

    def __init__(self) -> None:
        super().__init__(
            OrderedDict(
                {
                    "stem": nn.Sequential(
                        nn.Conv3d(
                            3,
                            64,
                            kernel_size=(3, 7, 7),
                            stride=(1, 2, 2),
                            padding=(1, 3, 3),
                            bias=False,
                        ),
                        nn.BatchNorm3d(64),
                        nn.ReLU(),
                    ),
                    "layer1": nn.Sequential(
                        BasicBlock(64, channels=64),
                        BasicBlock(64, channels=64),
                    ),
                    "layer2": nn.Sequential(
                        BasicBlock2(64, channels=128),
                        BasicBlock(128, channels=128),
                    ),
                    "layer3": nn.Sequential(
                        BasicBlock2(128, channels=256),
                        BasicBlock(256, channels=256),
                    ),
                    "layer4": nn.Sequential(
                        BasicBlock2(256, channels=512),
                        BasicBlock(512, channels=512),
                    ),
                    "avgpool": nn.AdaptiveAvgPool3d(1),
                    "flatten": nn.Flatten(),
                    "fc": nn.Linear(512, 400),
                }
            )
        )
