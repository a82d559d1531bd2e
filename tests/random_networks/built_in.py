"""The built-in blocks, as anyone may read them, and arguments for calls of blocks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from random_networks.calls import Data
from random_networks.dice import Dice
from random_networks.expressions import varied
from random_networks.scope import Scope
from random_networks.text import loaded

_FOLDER = Path(__file__).parents[2] / "archc/blocks"

BUILT_IN: dict[str, Data] = {
    path.stem: loaded(path.read_text(encoding="utf-8")) for path in sorted(_FOLDER.glob("*.yaml"))
}

TYPES = ("int", "float", "bool", "str", "list", "any")


def is_required(declared: Data) -> bool:
    """Whether a parameter has no default."""
    if isinstance(declared, dict):
        return "default" not in declared
    return declared in TYPES


def default(declared: Data) -> Data:
    """What a parameter that has a default is by default, as it is written."""
    return declared["default"] if isinstance(declared, dict) else declared


def arguments(dice: Dice, params: Mapping[str, Data], scope: Scope) -> dict[str, Data]:
    """Values for what is required, and for some of the rest."""
    return {
        name: varied(dice, _value(dice, declared), scope)
        for name, declared in params.items()
        if is_required(declared) or dice.often(0.7)
    }


def _value(dice: Dice, declared: Data) -> Data:
    """A value for a parameter: of its type, or of its default's, within its bounds."""
    if not isinstance(declared, dict):
        declared = {"type": declared} if declared in TYPES else {"default": declared}
    if "choices" in declared:
        return dice.choice(declared["choices"])
    kind = declared.get("type") or type(declared["default"]).__name__
    match kind:
        case "bool":
            return dice.flag()
        case "float":
            return dice.choice([0.1, 0.5])
        case "list":
            return [dice.randint(1, 6), dice.randint(1, 6)]
        case "str" if "type" in declared:
            return dice.choice(["relu", "sigmoid", "identity", "hardswish"])
    return max(declared.get("min", 1), dice.choice([1, 2, 3, 4, 5, 6, 8]))
