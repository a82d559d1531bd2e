"""Compiled modules go everywhere that PyTorch users take modules: each network of `specs/`, tried.

The networks are narrow where their widths can be, and small images do: what is tried does not
depend on either.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
BATCH = 2


class Small(NamedTuple):
    """How a network is made small: its inputs, its parameters, and widths in its text."""

    inputs: dict[str, tuple[int, ...]]
    params: dict[str, Any] = {}
    widths: dict[str, str] = {}


RESNET = {"out_channels: 64": "out_channels: 8", "$(32 * 2": "$(4 * 2", "$(128 * 2": "$(16 * 2"}

SMALL = {
    "alexnet": Small({"image": (1, 193, 193)}, widths={"[4096, 4096]": "[32, 32]"}),
    "autoencoder": Small({"image": (3, 32, 32)}, {"code": 8, "widths": [4, 8, 16]}),
    "cifar_resnet": Small({"image": (3, 8, 8)}, {"n": 2}),
    "conv1d_classifier": Small({"waveform": (1, 6848)}, {"width": 8}),
    "conv3d_classifier": Small({"video": (3, 4, 16, 16)}, {"num_classes": 10}, RESNET),
    "densenet": Small({"image": (1, 64, 64)}),
    "fpn": Small({"image": (3, 64, 64)}, {"out_channels": 8}, RESNET),
    "googlenet": Small({"image": (1, 40, 40)}),
    "lenet_bn": Small({"image": (1, 28, 28)}),
    "mobilenet_v1": Small({"image": (3, 40, 40)}, {"num_classes": 10, "width": 0.25}),
    "nin": Small({"image": (1, 67, 67)}),
    "resnet18": Small({"image": (1, 40, 40)}),
    "resnet34": Small({"image": (3, 40, 40)}, {"num_classes": 10}, RESNET),
    "resnet50": Small({"image": (3, 40, 40)}, {"num_classes": 10}, RESNET),
    "siamese": Small({"left": (1, 65, 65), "right": (1, 65, 65)}, widths={"4096": "32"}),
    "two_inputs": Small({"image": (3, 8, 8), "facts": (12,)}),
    "unet": Small({"image": (3, 32, 32)}, {"width": 4}),
    "vgg11": Small(
        {"image": (1, 224, 224)},
        widths={
            "[4096, 4096]": "[32, 32]",
            "[[1, 64], [1, 128], [2, 256], [2, 512], [2, 512]]": "[[1, 4], [1, 8], [2, 8]] + [[2, 8], [2, 8]]",
        },
    ),
}

each_network = pytest.mark.parametrize("name", SMALL)
