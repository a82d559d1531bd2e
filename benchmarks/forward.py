"""A compiled module beside the book's, with the same weights: forward, and forward and backward."""

from collections.abc import Callable

import torch
from torch import nn

import archc
from book import BOOK, INPUTS
from pairs import compare, report

BATCH = 4


def inference(module: nn.Module, image: torch.Tensor) -> Callable[[], object]:
    def work() -> None:
        with torch.no_grad():
            module.eval()(image)

    return work


def training(module: nn.Module, image: torch.Tensor) -> Callable[[], object]:
    def work() -> None:
        module.zero_grad()
        module.train()(image).sum().backward()

    return work


for name in ("resnet18", "googlenet", "densenet"):
    image = torch.randn(BATCH, *INPUTS[name])
    ours, theirs = archc.compile(f"specs/{name}.yaml"), BOOK[name]()
    ours.load_state_dict(theirs.state_dict())
    for words, work in (("forward", inference), ("forward and backward", training)):
        report(f"{words}, {name}", compare(work(ours, image), work(theirs, image), 15), "1.0")
