"""Where the language is stricter than torch; docs/language.md and docs/operations.md say it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from random_networks.calls import FOLLOWS, JOINS

_OF_SYMBOLS = {
    r"\bN\b": "a network serves any batch: what must be a number does not follow from N",
    r"this size is not known here": "all symbols have sizes here, so that it is the batch's",
    r"needs a list of sizes": "parts of one size are counted, so their whole is a number",
    r"gives fewer than \d+ parts": "a size that follows from the input's gives all its chunks",
    r"reaches \d+ places far": "a size that follows from the input's has all places of a slice",
    r"`mul` joins .*: (\d+ and 1|1 and \d+)$": "a value a channel is one at every input size",
}


def is_about_symbols(message: str) -> bool:
    """Whether a refusal is by a rule about symbols, which tensors cannot know."""
    return any(re.search(pattern, message) for pattern in _OF_SYMBOLS)


def _ranks(operation: str) -> Sequence[int]:
    """The ranks that an operation takes: with a batch, and no more dimensions than it is about."""
    if operation in ("batch_norm1d", "group_norm", "affine"):
        return {"batch_norm1d": (2, 3)}.get(operation, (2, 3, 4, 5))
    if operation in ("upsample", "channel_shuffle", "local_response_norm"):
        return (3, 4, 5)
    if operation in ("pixel_shuffle", "pixel_unshuffle"):
        return (4,)
    if operation == "multihead_attention":
        return (3,)
    spatial = re.search(r"([123])d$", operation)
    return (int(spatial[1]) + 2,) if spatial else range(9)


def stricter(operation: str, arguments: Mapping[str, Any], reads: Sequence[Tensor]) -> str:
    """The rule of the language by which it refuses what torch may run; empty where there is none.

    docs/language.md and docs/operations.md say each of them.
    """
    shapes = [tuple(x.shape) for x in reads]
    if operation in JOINS:
        if operation in ("concat", "stack"):
            return "" if all(map(len, shapes)) else "joins need dimensions"
        full = max(shapes, key=lambda shape: (len(shape), {*shape[2:]} != {1}))
        return "" if all(_joins(operation, full, shape) for shape in shapes) else "no broadcast"
    if operation == "parameter":
        return ""
    ((first, *_)), x = shapes, reads[0]
    if len(first) not in _ranks(operation):
        return "rank"
    if operation == "reshape":
        return "" if arguments["shape"][0] in ("N", -1) else "reshape starts with the batch"
    return _of_one(operation, arguments, x)


def _of_one(operation: str, arguments: Mapping[str, Any], x: Tensor) -> str:
    """The rules of operations whose arguments torch takes for more than the language does."""
    match operation:
        case "lp_pool2d":
            return "" if arguments["norm_type"] > 0 else "norm_type is more than 0"
        case "softmax" | "log_softmax":
            return "" if "dim" in arguments else "dim is required"
        case "squeeze":
            dims = arguments["dim"] if isinstance(arguments["dim"], tuple) else (arguments["dim"],)
            return "" if all(x.shape[dim] == 1 for dim in dims) else "squeeze of another size"
        case "group_norm":
            one = x[0].numel() < 2 * arguments["num_groups"]
            return "one value in a group" if one else ""
        case "affine":
            counts = {len(arguments["scale"]), len(arguments["shift"])}
            return "" if counts == {x.shape[1]} else "affine for each channel"
    return ""


def _joins(operation: str, full: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    per_channel = ((*full[:2], *[1] * (len(full) - 2)), (full[1:2] + (1,) * (len(full) - 2)))
    return shape == full or (operation == "mul" and len(full) > 2 and shape in per_channel)


def is_another(operation: str, module: nn.Module, reads: Sequence[Tensor]) -> bool:
    """Whether `apply` would need another module for what it reads, though torch may not mind."""
    if operation not in FOLLOWS:
        return False
    name, dim = FOLLOWS[operation]
    size = reads[0].shape[dim]
    return getattr(module, name) not in (size, (size,))
