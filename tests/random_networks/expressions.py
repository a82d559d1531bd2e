"""Integers written as expressions of what a list sees."""

from __future__ import annotations

from collections.abc import Mapping

from random_networks.calls import Data
from random_networks.dice import Dice
from random_networks.scope import Scope


def varied(dice: Dice, value: Data, scope: Scope) -> Data:
    """`value` with some of its integers as expressions."""
    if isinstance(value, dict):
        return {name: varied(dice, each, scope) for name, each in value.items()}
    if isinstance(value, list):
        return [varied(dice, each, scope) for each in value]
    if type(value) is not int or dice.often(0.8):
        return value
    return expression_of(dice, value, known_numbers(scope))


def known_numbers(scope: Scope) -> dict[str, int]:
    """Expressions for integers that `scope` has."""
    found = {n: v for n, v in scope.values.items() if type(v) is int}
    for name, results in scope.tensors.items():
        if name.isidentifier() and "_" not in name and len(results.tensors) == 1:
            shape = results.tensors[0].shape
            found[f"{name}.channels"] = shape[1]
            found[f"{name}.features"] = found[f"{name}.shape[-1]"] = shape[-1]
            if len(shape) > 3:
                found[f"{name}.height"], found[f"{name}.width"] = shape[-2:]
    return found


def expression_of(dice: Dice, number: int, known: Mapping[str, int]) -> str:
    """`number` as an expression, mostly of something known."""
    if not known or dice.often(0.2):
        return dice.choice(_alone(number))
    name, value = dice.choice([*known.items()])
    forms = [f"$({name} + {number - value})", f"$({number} if {name} >= 0 else {name})"]
    forms.append(f"$([{number}, {name}][{name} * 0])")
    if number >= 0:
        forms.append(f"$(max({name} - {value}, {number}))")
    if value and number % value == 0:
        forms.append(f"$({name} * {number // value})")
    if number and value // number and value // (value // number) == number:
        forms.append(f"$({name} // {value // number})")
    if value == number:
        forms.append(f"$({name})" if "." in name else f"${name}")
    return dice.choice(forms)


def _alone(number: int) -> list[str]:
    """`number` by each function and form of list that expressions have."""
    forms = [
        f"$({number - 1} + 1)", f"$({number} ** 1)", f"$(round({number} * 1.0))",
        f"$(ceil({number} - 0.5))", f"$(floor({number} + 0.5))", f"$(sum([{number}, 1, -1]))",
        f"$([0, {number}, 1][1:][0])", f"$([{number}][-1])", f"$(min({number}, 99))",
        f"$([n * {number} for n in [1, 2] if n < 2][0])",
        f"$({number} if 'a' in ['a', 'b'] else 0)", f"$(zip([1, {number}], [2, 3])[1][0])",
        f"$(enumerate([0, {number}])[1][1])",
    ]  # fmt: skip
    if number >= 0:
        forms += [f"$(len(range({number})))", f"$(abs(-{number}))", f"$({number + 100} % 100)"]
    if number >= 1:
        forms.append(f"$(make_divisible({number}, 1))")
    return forms
