"""How torch's constructors draw parameters at random, as lines of Python about a `module`."""

from archc.ops.operation import Starts

BY_FAN_IN: Starts = {
    "weight": ("nn.init.kaiming_uniform_(module.weight, a=5**0.5)",),
    "bias": (
        "bound = 1 / module.weight[0].numel() ** 0.5",
        "nn.init.uniform_(module.bias, -bound, bound)",
    ),
}
"""What `reset_parameters` of convolutions and linear maps does."""
