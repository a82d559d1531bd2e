# Compiled by archc: change the spec, not this file.
"""Tells whether two images show the same character, by one network applied to both.

Source: Koch, Zemel, Salakhutdinov. Siamese Networks for One-shot Image
Recognition. 2015
"""

import torch
from torch import Tensor, nn


class Siamese(nn.Module):
    """From `left` `[N, 1, 105, 105]`, `right` `[N, 1, 105, 105]` to `[N, 1]`."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Sequential(
            nn.Conv2d(1, 64, kernel_size=10),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2),
            nn.Conv2d(64, 128, kernel_size=7),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2),
            nn.Conv2d(128, 128, kernel_size=4),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2),
            nn.Conv2d(128, 256, kernel_size=4),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(9216, 4096),
            nn.Sigmoid(),
        )
        self.score = nn.Linear(4096, 1)
        self.same = nn.Sigmoid()

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        embed = self.embed(left)
        x = self.embed(right)
        more = embed - x
        x = x - embed
        del embed
        x = torch.maximum(more, x)
        del more
        x = self.score(x)
        return self.same(x)
