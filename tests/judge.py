"""Torch as the judge: what a real module has, computes and accepts."""

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


def parameter_count(module: nn.Module) -> int:
    """Trainable scalars; a shared one counts once."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def state_shapes(module: nn.Module) -> dict[str, tuple[int, ...]]:
    """The keys of `state_dict()` in their order, with shapes."""
    return {key: tuple(value.shape) for key, value in module.state_dict().items()}


def flops(module: nn.Module, *inputs: Tensor) -> int:
    """MACs of one forward pass in the module's present mode: torch counts each of them as two.

    In the plain kernel of attention, whose fused ones the counter does not know.
    """
    plain = sdpa_kernel(SDPBackend.MATH)
    with torch.no_grad(), plain, FlopCounterMode(display=False) as counter:
        module(*inputs)
    return counter.get_total_flops() // 2


def trace_shapes(module: nn.Module, *inputs: Tensor) -> dict[str, tuple[int, ...]]:
    """The output shape of every submodule that gives a tensor, by path, as they finish.

    A module that runs several times keeps its first place and its last shape. The root is left out.
    """
    shapes: dict[str, tuple[int, ...]] = {}

    def record(path: str, output: object) -> None:
        if isinstance(output, Tensor):
            shapes[path] = tuple(output.shape)

    hooks = [
        submodule.register_forward_hook(lambda _, __, output, path=path: record(path, output))
        for path, submodule in module.named_modules()
        if path
    ]
    try:
        with torch.no_grad():
            module(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return shapes


def accepts(module: nn.Module, *shapes: tuple[int, ...], training: bool = False) -> bool:
    """Whether a forward pass on CPU tensors of these shapes (batch included) succeeds.

    Real tensors, for the meta device accepts what the CPU refuses. The module's mode is left as it
    was; in training, running statistics move.
    """
    was_training = module.training
    module.train(training)
    try:
        with torch.no_grad():
            module(*(torch.zeros(shape) for shape in shapes))
    except (RuntimeError, ValueError, IndexError):
        return False
    finally:
        module.train(was_training)
    return True
