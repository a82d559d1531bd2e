# Compiled by archc: change the spec, not this file.
"""A feature pyramid on ResNet-50, for images whose sizes are multiples of 32.

Source: https://arxiv.org/abs/1612.03144, with torchvision's names
"""

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


class Body(nn.Module):
    """ResNet-50 without its head, for the maps of its four stages."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = nn.Sequential(
            Bottleneck(64, 256, stride=1, width=64),
            Bottleneck2(256, 256, width=64),
            Bottleneck2(256, 256, width=64),
        )
        self.layer2 = nn.Sequential(
            Bottleneck(256, 512, stride=2, width=128),
            *(Bottleneck2(512, 512, width=128) for _ in range(3)),
        )
        self.layer3 = nn.Sequential(
            Bottleneck(512, 1024, stride=2, width=256),
            *(Bottleneck2(1024, 1024, width=256) for _ in range(5)),
        )
        self.layer4 = nn.Sequential(
            Bottleneck(1024, 2048, stride=2, width=512),
            Bottleneck2(2048, 2048, width=512),
            Bottleneck2(2048, 2048, width=512),
        )

    def forward(self, input: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        x = self.conv1(input)
        x = self.bn1(x)
        x = self.relu(x)
        x = self.maxpool(x)
        x = self.layer1(x)
        layer2 = self.layer2(x)
        layer3 = self.layer3(layer2)
        layer4 = self.layer4(layer3)
        return x, layer2, layer3, layer4


class Pyramid(nn.Module):
    """Adds to each map the coarser one at twice its size; so all but the coarsest
    are even.
    """

    def __init__(self) -> None:
        super().__init__()
        self.inner_blocks = nn.ModuleList(
            [
                nn.Sequential(nn.Conv2d(256, 256, kernel_size=1)),
                nn.Sequential(nn.Conv2d(512, 256, kernel_size=1)),
                nn.Sequential(nn.Conv2d(1024, 256, kernel_size=1)),
                nn.Sequential(nn.Conv2d(2048, 256, kernel_size=1)),
            ]
        )
        self.layer_blocks = nn.ModuleList(
            [
                nn.Sequential(nn.Conv2d(256, 256, kernel_size=3, padding=1)),
                nn.Sequential(nn.Conv2d(256, 256, kernel_size=3, padding=1)),
                nn.Sequential(nn.Conv2d(256, 256, kernel_size=3, padding=1)),
                nn.Sequential(nn.Conv2d(256, 256, kernel_size=3, padding=1)),
            ]
        )
        self.up5 = nn.Upsample(scale_factor=2.0)
        self.up4 = nn.Upsample(scale_factor=2.0)
        self.up3 = nn.Upsample(scale_factor=2.0)
        self.pool = nn.MaxPool2d(kernel_size=1, stride=2)

    def forward(
        self, c2: Tensor, c3: Tensor, c4: Tensor, c5: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        inner_blocks_0 = self.inner_blocks[0](c2)
        inner_blocks_1 = self.inner_blocks[1](c3)
        inner_blocks_2 = self.inner_blocks[2](c4)
        x = self.inner_blocks[3](c5)
        layer_blocks_3 = self.layer_blocks[3](x)
        x = self.up5(x)
        x = inner_blocks_2 + x
        del inner_blocks_2
        layer_blocks_2 = self.layer_blocks[2](x)
        x = self.up4(x)
        x = inner_blocks_1 + x
        del inner_blocks_1
        layer_blocks_1 = self.layer_blocks[1](x)
        x = self.up3(x)
        x = inner_blocks_0 + x
        del inner_blocks_0
        x = self.layer_blocks[0](x)
        pool = self.pool(layer_blocks_3)
        return x, layer_blocks_1, layer_blocks_2, layer_blocks_3, pool


class Fpn(nn.Module):
    """From `image` `[N, 3, H, W]` to `p2` `[N, 256, ceil(H/4), ceil(W/4)]`, `p3`
    `[N, 256, ceil(H/8), ceil(W/8)]`, `p4` `[N, 256, ceil(H/16), ceil(W/16)]`,
    `p5` `[N, 256, ceil(H/32), ceil(W/32)]`, `pool`
    `[N, 256, ceil(H/64), ceil(W/64)]`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = Body()
        self.fpn = Pyramid()

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        c2, c3, c4, c5 = self.body(image)
        p2, p3, p4, p5, pool = self.fpn(c2, c3, c4, c5)
        return {"p2": p2, "p3": p3, "p4": p4, "p5": p5, "pool": pool}
