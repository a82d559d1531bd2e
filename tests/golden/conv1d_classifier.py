# Compiled by archc: change the spec, not this file.
"""M5, which tells sounds apart from their raw waveforms.

Source: https://arxiv.org/abs/1610.00087, as in PyTorch's tutorial on speech
commands
"""

from collections import OrderedDict

from torch import nn


class Conv1dClassifier(nn.Sequential):
    """From `waveform` `[N, 1, L]` to `[N, 35]`."""

    def __init__(self) -> None:
        super().__init__(
            OrderedDict(
                {
                    "conv1": nn.Conv1d(1, 32, kernel_size=80, stride=16),
                    "bn1": nn.BatchNorm1d(32),
                    "relu1": nn.ReLU(),
                    "pool1": nn.MaxPool1d(kernel_size=4),
                    "conv2": nn.Conv1d(32, 32, kernel_size=3),
                    "bn2": nn.BatchNorm1d(32),
                    "relu2": nn.ReLU(),
                    "pool2": nn.MaxPool1d(kernel_size=4),
                    "conv3": nn.Conv1d(32, 64, kernel_size=3),
                    "bn3": nn.BatchNorm1d(64),
                    "relu3": nn.ReLU(),
                    "pool3": nn.MaxPool1d(kernel_size=4),
                    "conv4": nn.Conv1d(64, 64, kernel_size=3),
                    "bn4": nn.BatchNorm1d(64),
                    "relu4": nn.ReLU(),
                    "pool4": nn.MaxPool1d(kernel_size=4),
                    "avgpool": nn.AdaptiveAvgPool1d(1),
                    "flatten": nn.Flatten(),
                    "fc1": nn.Linear(64, 35),
                }
            )
        )
