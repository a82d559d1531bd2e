"""Why sizes are accepted or refused, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archc.analysis.accepted.asked import Asked, maker
from archc.analysis.accepted.joint import Cut, Joint
from archc.network import Network
from archc.sizes import Size, evaluate_size, factors, formula


def reason(network: Network, joint: Joint, cut: Cut) -> str:
    """`linear (line 21) needs 6400 features, flatten gives them for 5x5 only`."""
    if cut.asked is None:
        return "`where` declares it"
    words = f"{cut.asked.node} {cut.asked.text}"
    made = cut.asked.condition.left
    if cut.asked.condition.relation != "==" or not isinstance(made, Size):
        return words
    who = maker(network, made)
    if who is None or not isinstance(cut.asked.condition.right, int):
        return words
    square = joint.square
    edges = [square.minimum, square.maximum] if square is not None else []
    shapes = {
        factor_values(cut.asked, dict.fromkeys(joint.symbols, edge))
        for edge in edges
        if edge is not None
    }
    if len(shapes) == 1 and None not in edges and len(factors(made)[1]) > 1:
        return f"{words}, {who} gives them for {shapes.pop()} only"
    return f"{words}, {who} gives {formula(made)}"


def factor_values(asked: Asked, values: Mapping[str, int]) -> str | None:
    """The sizes whose product a requirement is about, at `values`: `5x5`."""
    made = asked.condition.left
    if isinstance(made, int) or not made.symbols <= values.keys():
        return None
    return "x".join(str(evaluate_size(part, values)) for part in factors(made)[1])


def box_values(joint: Joint, corner: Sequence[int | None]) -> str | None:
    """What the factors of the one product that couples the symbols are in a box: `1x16`."""
    products = [
        cut.asked
        for cut in joint.cuts
        if cut.asked is not None
        and cut.asked.condition.relation == "=="
        and len(cut.asked.condition.symbols) > 1
    ]
    if len(products) != 1:
        return None
    values = {
        name: value
        for axis, value in zip(joint.axes, corner, strict=True)
        for name in axis
        if value is not None
    }
    return factor_values(products[0], values)
