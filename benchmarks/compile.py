"""Warm `archc.compile` without the constructor that it emits, beside the book's constructor."""

import archc
from book import resnet18
from pairs import compare, report


def ours() -> None:
    exec(compile(archc.to_source(archc.check("specs/resnet18.yaml")), "resnet18.py", "exec"), {})  # noqa: S102


report("compile ResNet-18 beside the book's constructor", compare(ours, resnet18, 31), "50 ms")
