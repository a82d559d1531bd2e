"""Arguments in the class of a block: what is written there holds for every value of its parameters,
not for the instances at hand by chance.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import archc

CONV = "conv2d"


def conv(out_channels: Any, **more: Any) -> dict[str, Any]:
    return {**more, CONV: {"out_channels": out_channels, "kernel_size": 1}}


BLOCKS: dict[str, tuple[dict[str, Any], list[Any], Any, str]] = {
    "the parts of a join": (
        {
            "params": {"c": "int", "out": "$(c // 4)", "half": "$(out // 2)"},
            "graph": [
                conv("$(2 * half)", name="cv1"),
                conv("$(2 * half)", name="m"),
                {"concat": ["cv1", "m"]},
                conv("$out", name="cv2"),
            ],
        },
        [{"c": 256}, {"c": 512}],
        {"c": 20},
        "self.cv2 = nn.Conv2d(4 * half, out, kernel_size=1)",
    ),
    "half of what comes in": (
        {
            "params": {"width": "int"},
            "graph": [{"name": "p", "chunk": {"chunks": 2}}, conv("$width", **{"from": "p.1"})],
        },
        [{"width": 16}, {"width": 8}, {"width": 4}],
        {"width": 5},
        "nn.Conv2d(in_channels // 2, width, kernel_size=1)",
    ),
    "what is added to what comes in": (
        {
            "params": {"growth": 3},
            "graph": [{"concat": {"a": [], "b": [conv("$growth"), "relu"]}}, "batch_norm2d"],
        },
        [{}, {}],
        {},
        "nn.BatchNorm2d(in_channels + 3)",
    ),
    "a function that Python has": (
        {"params": {"c": "int"}, "graph": [conv("$(max(c, 8))"), conv("$(round(c / 4))")]},
        [{"c": 16}, {"c": 32}],
        {"c": 6},
        "nn.Conv2d(max(c, 8), round(c / 4), kernel_size=1)",
    ),
    "a function that it does not have": (
        {"params": {"c": "int"}, "graph": [conv("$c"), conv("$(make_divisible(c // 4, 8))")]},
        [{"c": 64}, {"c": 128}],
        {"c": 20},
        "nn.Conv2d(c, out_channels_1, kernel_size=1)",
    ),
    "two parameters that are equal": (
        {
            "params": {"k": "int", "c": "int"},
            "graph": [conv("$c"), conv("$(make_divisible(k, 1))")],
        },
        [{"k": 16, "c": 16}, {"k": 8, "c": 8}],
        {"k": 3, "c": 5},
        "nn.Conv2d(c, out_channels_1, kernel_size=1)",
    ),
    "pixels shuffled": (
        {
            "params": {"c": "int"},
            "graph": [conv("$(c * 4)"), {"pixel_shuffle": {"upscale_factor": 2}}, conv("$c")],
        },
        [{"c": 4}, {"c": 8}],
        {"c": 3},
        "nn.Conv2d(c, c, kernel_size=1)",
    ),
}


def class_text(block: dict[str, Any], calls: list[Any]) -> str:
    spec = {
        "archc": 1,
        "name": "net",
        "inputs": {"x": ["N", 32, 16, 16]},
        "blocks": {"B": block},
        "graph": [{"B": call} for call in calls],
    }
    text = archc.to_source(archc.check(archc.Spec.from_text(json.dumps(spec))))
    found = re.search(r"class B\(.*?\n(?=\n\nclass )", text, re.DOTALL)
    assert found
    return found[0]


@pytest.mark.parametrize("title", BLOCKS)
def test_one_instance_more_changes_nothing(title: str) -> None:
    block, calls, another, line = BLOCKS[title]
    text = class_text(block, calls)
    assert line in text
    assert class_text(block, [*calls, another]) == text
