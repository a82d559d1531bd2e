"""What a network needs of memory at the least, told before torch is asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from archc.diagnostics import Diagnostic, catalogue
from archc.network import Network, Primitive, Visit
from archc.ops.operation import Shape
from archc.sizes.known import known

DEFAULT_MEMORY = 64 * 1024**3
"""The bytes that a network may need, unless `--max-memory`, or `max_memory`, says otherwise."""

BYTES = 4
"""The bytes of a number: float32."""

UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def check_memory(network: Network, limit: int) -> Diagnostic | None:
    """The refusal of a network whose parameters and largest activation, for a batch of one at the
    declared sizes, take more than `limit` bytes. Sizes that are not declared do not count.
    """
    graph = network.graph
    shapes = graph.tensors.union(port.shape for port in graph.inputs)
    weights = BYTES * graph.weights
    sizes = {**network.sizes, **dict.fromkeys(network.batch, 1)}
    activation = max([_bytes(shape, sizes) for shape in shapes])
    needed = weights + activation
    if needed <= limit:
        return None
    guilty = max(network.primitives(), key=lambda visit: _most(visit, sizes), default=None)
    if guilty is None:  # what has no operation holds its input alone
        return None
    return Diagnostic(
        catalogue.TOO_MUCH_MEMORY,
        f"the network needs {memory_text(weights)} for its parameters and "
        f"{memory_text(activation)} for its largest activation, most of it here; the limit is "
        f"{memory_text(limit)}",
        guilty.place,
        help=f"make it smaller, or raise the limit: `--max-memory {_round(needed)}`, or "
        "`max_memory` in Python",
    )


def memory_text(number: int) -> str:
    """Bytes for people: `1.5 GiB`."""
    power = min(max(number.bit_length() - 1, 0) // 10, len(UNITS) - 1)
    whole, tenth = divmod(number * 10 >> 10 * power, 10)
    return f"{whole:,}{f'.{tenth}' if tenth else ''} {UNITS[power]}"


def memory_bytes(text: str) -> int | None:
    """The bytes that `64GiB`, `64 GB` or `1000` say; None where the text says none."""
    import re

    match = re.fullmatch(r"([0-9]{1,9}) *([KMGTPE]?)(i?)B?", text, re.IGNORECASE)
    if match is None or (match[3] and not match[2]):
        return None
    # as people mean it: a GB is a GiB where memory is counted
    power = "KMGTPE".index(match[2].upper()) + 1 if match[2] else 0
    return int(match[1]) << 10 * power


def _round(needed: int) -> str:
    """An allowance that is enough: `2TiB`."""
    power = min(max(needed.bit_length() - 1, 0) // 10, len(UNITS) - 1)
    return f"{-(-needed // 1024**power)}{UNITS[power]}"


def _most(visit: Visit, sizes: Mapping[str, int]) -> int:
    """The bytes of the parameters of a node, or of the largest tensor that it gives."""
    made = max(_bytes(shape, sizes) for shape in visit.node.shapes)
    what = visit.node.what
    if visit.shared or not isinstance(what, Primitive):
        return made
    return max(made, BYTES * sum(prod(weight.shape) for weight in what.weights))


def _bytes(shape: Shape, sizes: Mapping[str, int]) -> int:
    numbers = [known(size, sizes) for size in shape]
    return BYTES * prod([number for number in numbers if isinstance(number, int)])
