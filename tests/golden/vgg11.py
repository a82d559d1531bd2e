# Compiled by archc: change the spec, not this file.
"""VGG-11 for one-channel images, as in Dive into Deep Learning 7.2.

Source: https://arxiv.org/abs/1409.1556
"""

from torch import nn


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

    Here `num_convs` is 2.

    Source: https://arxiv.org/abs/1409.1556, as in Dive into Deep Learning 7.2
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2),
        )


class Vgg11(nn.Sequential):
    """From `image` `[N, 1, 224, 224]` to `[N, 10]`."""

    def __init__(self) -> None:
        super().__init__(
            VggBlock(1, 64),
            VggBlock(64, 128),
            VggBlock2(128, 256),
            VggBlock2(256, 512),
            VggBlock2(512, 512),
            nn.Flatten(),
            nn.Linear(25088, 4096),
            nn.ReLU(),
            nn.Dropout(p=0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Dropout(p=0.5),
            nn.Linear(4096, 10),
        )
