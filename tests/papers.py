"""The blocks and networks of well-known papers in plain PyTorch, as a person writes them.

Independent of archc: the judge of keys, order, shapes, costs, outputs and gradients. Modules have
the names that the built-in blocks and the files of `specs/` give them.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def conv_norm_act(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int] = 3,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | None = None,
    groups: int = 1,
    activation: type[nn.Module] = nn.ReLU,
    eps: float = 1e-5,
    momentum: float = 0.1,
) -> nn.Sequential:
    """Batch normalisation, arXiv 1502.03167: what it shifts needs no bias."""
    if padding is None:
        assert isinstance(kernel_size, int)
        padding = (kernel_size - 1) // 2
    return nn.Sequential(
        nn.Conv2d(
            in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=False
        ),
        nn.BatchNorm2d(out_channels, eps, momentum),
        activation(),
    )


# Blocks


class Bottleneck(nn.Module):
    """ResNet, arXiv 1512.03385, and with groups ResNeXt, arXiv 1611.05431."""

    def __init__(
        self,
        in_channels: int,
        width: int,
        out_channels: int,
        stride: int = 1,
        groups: int = 1,
        projects: bool = False,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = None
        if projects or stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class PreactResidual(nn.Module):
    """Identity mappings, arXiv 1603.05027: a projection reads what the first norm and ReLU give."""

    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, projects: bool = False
    ) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.shortcut = None
        if projects or stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(x))
        shortcut = x if self.shortcut is None else self.shortcut(y)
        y = self.conv2(F.relu(self.bn2(self.conv1(y))))
        return y + shortcut


class DepthwiseSeparable(nn.Module):
    """MobileNet, arXiv 1704.04861, figure 3."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels, in_channels, 3, stride, padding=1, groups=in_channels, bias=False
        )
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.depthwise(x)))
        return F.relu(self.bn2(self.pointwise(x)))


class InvertedResidual(nn.Module):
    """MobileNet v2, arXiv 1801.04381, table 1."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        expand_ratio: int = 6,
        activation: type[nn.Module] = nn.ReLU6,
    ) -> None:
        super().__init__()
        width = in_channels * expand_ratio
        layers: list[nn.Module] = []
        if expand_ratio != 1:
            layers.append(conv_norm_act(in_channels, width, 1, activation=activation))
        layers += [
            conv_norm_act(width, width, 3, stride, groups=width, activation=activation),
            nn.Conv2d(width, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        ]
        self.conv = nn.Sequential(*layers)
        self.adds = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x) + x if self.adds else self.conv(x)


class SqueezeExcitation(nn.Module):
    """Squeeze-and-excitation networks, arXiv 1709.01507, figure 3."""

    def __init__(
        self,
        channels: int,
        squeeze_channels: int,
        activation: type[nn.Module] = nn.ReLU,
        scale_activation: type[nn.Module] = nn.Sigmoid,
    ) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeeze_channels, 1)
        self.activation = activation()
        self.fc2 = nn.Conv2d(squeeze_channels, channels, 1)
        self.scale_activation = scale_activation()

    def forward(self, x: Tensor) -> Tensor:
        scale = self.fc1(F.adaptive_avg_pool2d(x, 1))
        scale = self.scale_activation(self.fc2(self.activation(scale)))
        return scale * x


class Fire(nn.Module):
    """SqueezeNet, arXiv 1602.07360, figure 1."""

    def __init__(self, in_channels: int, squeeze: int, expand1x1: int, expand3x3: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(in_channels, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand1x1, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand3x3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], dim=1)


class ShuffleUnit(nn.Module):
    """ShuffleNet v2, arXiv 1807.11164, figure 3 (c) and (d)."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        width = out_channels // 2
        if stride != 1:
            self.branch1 = nn.Sequential(
                nn.Conv2d(
                    in_channels, in_channels, 3, stride, padding=1, groups=in_channels, bias=False
                ),
                nn.BatchNorm2d(in_channels),
                nn.Conv2d(in_channels, width, 1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            )
        self.branch2 = nn.Sequential(
            nn.Conv2d(in_channels if stride != 1 else width, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, padding=1, groups=width, bias=False),
            nn.BatchNorm2d(width),
            nn.Conv2d(width, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        if self.stride == 1:
            passed, worked = x.chunk(2, dim=1)
            branches = [passed, self.branch2(worked)]
        else:
            branches = [self.branch1(x), self.branch2(x)]
        return torch.stack(branches, dim=2).flatten(1, 2)


class DenseLayer(nn.Module):
    """DenseNet-B, arXiv 1608.06993, section 3."""

    def __init__(
        self, in_channels: int, growth_rate: int, bn_size: int = 4, drop_rate: float = 0.0
    ) -> None:
        super().__init__()
        width = bn_size * growth_rate
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, growth_rate, 3, padding=1, bias=False)
        self.drop_rate = drop_rate

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(F.relu(self.norm1(x)))
        y = self.conv2(F.relu(self.norm2(y)))
        if self.drop_rate > 0:
            y = F.dropout(y, self.drop_rate, self.training)
        return torch.cat([x, y], dim=1)


class InceptionBN(nn.Module):
    """GoogLeNet, arXiv 1409.4842, with batch normalisation after every convolution."""

    def __init__(
        self,
        in_channels: int,
        c1: int,
        c2: tuple[int, int],
        c3: tuple[int, int],
        c4: int,
        wide: int = 5,
        eps: float = 1e-5,
    ) -> None:
        super().__init__()
        self.branch1 = conv_norm_act(in_channels, c1, 1, eps=eps)
        self.branch2 = nn.Sequential(
            conv_norm_act(in_channels, c2[0], 1, eps=eps),
            conv_norm_act(c2[0], c2[1], 3, eps=eps),
        )
        self.branch3 = nn.Sequential(
            conv_norm_act(in_channels, c3[0], 1, eps=eps),
            conv_norm_act(c3[0], c3[1], wide, eps=eps),
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1),
            conv_norm_act(in_channels, c4, 1, eps=eps),
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)]
        return torch.cat(branches, dim=1)


class Permute(nn.Module):
    def __init__(self, *dims: int) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.dims)


class ConvNeXtBlock(nn.Module):
    """ConvNeXt, arXiv 2201.03545, figure 4; `drop_rate` is that of stochastic depth."""

    def __init__(self, channels: int, layer_scale: float = 1e-6, drop_rate: float = 0.0) -> None:
        super().__init__()
        self.layer_scale = nn.Parameter(torch.full((channels, 1, 1), layer_scale))
        self.block = nn.Sequential(
            nn.Conv2d(channels, channels, 7, padding=3, groups=channels),
            Permute(0, 2, 3, 1),
            nn.LayerNorm(channels, eps=1e-6),
            nn.Linear(channels, 4 * channels),
            nn.GELU(),
            nn.Linear(4 * channels, channels),
            Permute(0, 3, 1, 2),
        )
        self.drop_rate = drop_rate

    def forward(self, x: Tensor) -> Tensor:
        y = self.layer_scale * self.block(x)
        if self.training and self.drop_rate > 0:
            kept = torch.empty(len(x), 1, 1, 1).bernoulli_(1 - self.drop_rate)
            y = y * kept.div_(1 - self.drop_rate)
        return y + x


class UNetDown(nn.Module):
    """U-Net, arXiv 1505.04597, padded and with batch normalisation: one step down."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv1 = conv_norm_act(in_channels, out_channels)
        self.conv2 = conv_norm_act(out_channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(self.conv1(F.max_pool2d(x, 2)))


class UNetUp(nn.Module):
    """One step up: `low` at twice its size beside `skip`."""

    def __init__(self, low_channels: int, skip_channels: int, out_channels: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(low_channels, out_channels, 2, stride=2)
        self.conv1 = conv_norm_act(skip_channels + out_channels, out_channels)
        self.conv2 = conv_norm_act(out_channels, out_channels)

    def forward(self, low: Tensor, skip: Tensor) -> Tensor:
        return self.conv2(self.conv1(torch.cat([skip, self.up(low)], dim=1)))


class TwoUNetUps(nn.Module):
    """Two steps up, as in `cases/unet_up.yaml`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.up1 = UNetUp(8, 4, channels)
        self.up2 = UNetUp(channels, 2, 2)

    def forward(self, low: Tensor, skip: Tensor, top: Tensor) -> Tensor:
        return self.up2(self.up1(low, skip), top)


class ASPP(nn.Module):
    """DeepLab v3, arXiv 1706.05587, figure 5, with image-level features."""

    def __init__(
        self, in_channels: int, out_channels: int, rates: list[int], dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.convs = nn.ModuleList([conv_norm_act(in_channels, out_channels, 1)])
        for rate in rates:
            self.convs.append(
                nn.Sequential(
                    nn.Conv2d(
                        in_channels, out_channels, 3, padding=rate, dilation=rate, bias=False
                    ),
                    nn.BatchNorm2d(out_channels),
                    nn.ReLU(),
                )
            )
        self.convs.append(
            nn.Sequential(
                nn.AdaptiveAvgPool2d(1),
                nn.Conv2d(in_channels, out_channels, 1, bias=False),
                nn.BatchNorm2d(out_channels),
                nn.ReLU(),
            )
        )
        self.project = nn.Sequential(
            conv_norm_act(out_channels * (len(rates) + 2), out_channels, 1),
            nn.Dropout(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        maps = [conv(x) for conv in self.convs]
        maps[-1] = F.interpolate(maps[-1], x.shape[2:], mode="bilinear", align_corners=False)
        return self.project(torch.cat(maps, dim=1))


# Networks


class UNet(nn.Module):
    """U-Net of depth 4, arXiv 1505.04597, padded and with batch normalisation."""

    def __init__(self, num_classes: int = 2, width: int = 64) -> None:
        super().__init__()
        self.down0 = nn.Sequential(conv_norm_act(3, width), conv_norm_act(width, width))
        self.down1 = UNetDown(width, 2 * width)
        self.down2 = UNetDown(2 * width, 4 * width)
        self.down3 = UNetDown(4 * width, 8 * width)
        self.down4 = UNetDown(8 * width, 16 * width)
        self.up3 = UNetUp(16 * width, 8 * width, 8 * width)
        self.up2 = UNetUp(8 * width, 4 * width, 4 * width)
        self.up1 = UNetUp(4 * width, 2 * width, 2 * width)
        self.up0 = UNetUp(2 * width, width, width)
        self.head = nn.Conv2d(width, num_classes, 1)

    def forward(self, image: Tensor) -> Tensor:
        full = self.down0(image)
        half = self.down1(full)
        quarter = self.down2(half)
        eighth = self.down3(quarter)
        x = self.up3(self.down4(eighth), eighth)
        x = self.up1(self.up2(x, quarter), half)
        return self.head(self.up0(x, full))


class MobileNetV1(nn.Module):
    """MobileNet, arXiv 1704.04861, table 1."""

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self.features = nn.Sequential(
            conv_norm_act(3, 32, stride=2),
            DepthwiseSeparable(32, 64),
            DepthwiseSeparable(64, 128, stride=2),
            DepthwiseSeparable(128, 128),
            DepthwiseSeparable(128, 256, stride=2),
            DepthwiseSeparable(256, 256),
            DepthwiseSeparable(256, 512, stride=2),
            *(DepthwiseSeparable(512, 512) for _ in range(5)),
            DepthwiseSeparable(512, 1024, stride=2),
            DepthwiseSeparable(1024, 1024),
        )
        self.classifier = nn.Linear(1024, num_classes)

    def forward(self, image: Tensor) -> Tensor:
        return self.classifier(F.adaptive_avg_pool2d(self.features(image), 1).flatten(1))


class CifarBlock(nn.Module):
    """A block with shortcut A: of a larger stride every other cell, and zeros for new channels."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.stride = 1 if in_channels == out_channels else 2
        self.added = out_channels - in_channels
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, self.stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.added:
            half = self.added // 2
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, half, half))
        return F.relu(y + x)


class CifarResNet(nn.Module):
    """The networks of depth `6n + 2` of arXiv 1512.03385, section 4.2."""

    def __init__(self, n: int = 3, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(*(CifarBlock(16, 16) for _ in range(n)))
        self.layer2 = nn.Sequential(CifarBlock(16, 32), *(CifarBlock(32, 32) for _ in range(n - 1)))
        self.layer3 = nn.Sequential(CifarBlock(32, 64), *(CifarBlock(64, 64) for _ in range(n - 1)))
        self.fc = nn.Linear(64, num_classes)

    def forward(self, image: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(image)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


class M5(nn.Module):
    """Raw waveforms, arXiv 1610.00087, as PyTorch's tutorial on speech commands has it."""

    def __init__(self, num_classes: int = 35, width: int = 32) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(1, width, 80, stride=16)
        self.bn1 = nn.BatchNorm1d(width)
        self.conv2 = nn.Conv1d(width, width, 3)
        self.bn2 = nn.BatchNorm1d(width)
        self.conv3 = nn.Conv1d(width, 2 * width, 3)
        self.bn3 = nn.BatchNorm1d(2 * width)
        self.conv4 = nn.Conv1d(2 * width, 2 * width, 3)
        self.bn4 = nn.BatchNorm1d(2 * width)
        self.fc1 = nn.Linear(2 * width, num_classes)

    def forward(self, waveform: Tensor) -> Tensor:
        x = F.max_pool1d(F.relu(self.bn1(self.conv1(waveform))), 4)
        x = F.max_pool1d(F.relu(self.bn2(self.conv2(x))), 4)
        x = F.max_pool1d(F.relu(self.bn3(self.conv3(x))), 4)
        x = F.max_pool1d(F.relu(self.bn4(self.conv4(x))), 4)
        return self.fc1(F.adaptive_avg_pool1d(x, 1).flatten(1))


class TwoInputs(nn.Module):
    """An image and a vector, joined before the classifier as in arXiv 1909.12912."""

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Sequential(nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            nn.Sequential(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            nn.Sequential(
                nn.Conv2d(64, 128, 3, padding=1),
                nn.ReLU(),
                nn.Conv2d(128, 128, 3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.known = nn.Sequential(nn.Linear(12, 32), nn.ReLU())
        self.classifier = nn.Sequential(
            nn.Linear(128 + 32, 128),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(128, num_classes),
        )

    def forward(self, image: Tensor, facts: Tensor) -> Tensor:
        return self.classifier(torch.cat([self.features(image), self.known(facts)], dim=1))


class Autoencoder(nn.Module):
    """Three convolutions down to a code and three transposed ones up again."""

    def __init__(self, code: int = 64) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3, 32, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 64, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.Conv2d(64, 128, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(128),
            nn.ReLU(),
            nn.Conv2d(128, code, 4),
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(code, 128, 4, bias=False),
            nn.BatchNorm2d(128),
            nn.ReLU(),
            nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.ConvTranspose2d(32, 3, 4, stride=2, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        code = self.encoder(image)
        return {"image": self.decoder(code), "code": code}


class Siamese(nn.Module):
    """Koch, Zemel, Salakhutdinov 2015: the distance of two embeddings, weighed."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Sequential(
            nn.Conv2d(1, 64, 10),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(64, 128, 7),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(128, 128, 4),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(128, 256, 4),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(256 * 6 * 6, 4096),
            nn.Sigmoid(),
        )
        self.score = nn.Linear(4096, 1)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        one, other = self.embed(left), self.embed(right)
        return self.score((one - other).abs()).sigmoid()
