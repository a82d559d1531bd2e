# Compiled by archc: change the spec, not this file.
"""U-Net of depth 4 with padded convolutions, for images whose sizes are multiples of
16.

Source: https://arxiv.org/abs/1505.04597
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn


class ConvNormAct(nn.Sequential):
    """A convolution without bias, batch normalisation, and an activation.

    Source: https://arxiv.org/abs/1502.03167
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )


class UnetDown(nn.Sequential):
    """A pooling halves height and width, then come two 3x3 convolutions.

    Source: https://arxiv.org/abs/1505.04597, padded and with batch normalisation
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            OrderedDict(
                {
                    "pool": nn.MaxPool2d(kernel_size=2),
                    "conv1": ConvNormAct(in_channels, out_channels),
                    "conv2": ConvNormAct(out_channels, out_channels),
                }
            )
        )


class UnetUp(nn.Module):
    """Doubles height and width, puts the result beside the skipped map, then 3x3
    convolutions.

    Source: https://arxiv.org/abs/1505.04597, padded and with batch normalisation
    """

    def __init__(
        self, low_channels: int, skip_channels: int, out_channels: int
    ) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(
            low_channels, out_channels, kernel_size=2, stride=2
        )
        self.conv1 = ConvNormAct(out_channels + skip_channels, out_channels)
        self.conv2 = ConvNormAct(out_channels, out_channels)

    def forward(self, low: Tensor, skip: Tensor) -> Tensor:
        x = self.up(low)
        x = torch.cat([skip, x], dim=1)
        x = self.conv1(x)
        return self.conv2(x)


class Unet(nn.Module):
    """From `image` `[N, 3, H, W]` to `[N, 2, H, W]`."""

    def __init__(self) -> None:
        super().__init__()
        self.down0 = nn.Sequential(
            ConvNormAct(3, 64),
            ConvNormAct(64, 64),
        )
        self.down1 = UnetDown(64, 128)
        self.down2 = UnetDown(128, 256)
        self.down3 = UnetDown(256, 512)
        self.down4 = UnetDown(512, 1024)
        self.up3 = UnetUp(1024, 512, 512)
        self.up2 = UnetUp(512, 256, 256)
        self.up1 = UnetUp(256, 128, 128)
        self.up0 = UnetUp(128, 64, 64)
        self.head = nn.Conv2d(64, 2, kernel_size=1)

    def forward(self, image: Tensor) -> Tensor:
        down0 = self.down0(image)
        down1 = self.down1(down0)
        down2 = self.down2(down1)
        down3 = self.down3(down2)
        x = self.down4(down3)
        x = self.up3(x, down3)
        del down3
        x = self.up2(x, down2)
        del down2
        x = self.up1(x, down1)
        del down1
        x = self.up0(x, down0)
        return self.head(x)
