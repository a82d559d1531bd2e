"""Symbolic arithmetic is Python's integer arithmetic, in a canonical form."""

import math
import pickle
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archc.sizes import (
    Dimension,
    Size,
    TooComplex,
    evaluate_size,
    scaled,
    substitute,
    symbol,
    window,
)

H, W = symbol("H"), symbol("W")

Numbers = tuple[int, int]
Expression = tuple[Dimension, Callable[[Numbers], int]]
"""A size, and the same formula as a function of the numbers for H and W."""

leaves: st.SearchStrategy[Expression] = st.one_of(
    st.just((H, lambda at: at[0])),
    st.just((W, lambda at: at[1])),
    st.integers(-9, 9).map(lambda n: (n, lambda at: n)),
)


def grown(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    pairs, numbers = st.tuples(parts, parts), st.tuples(parts, st.integers(1, 9))
    return st.one_of(
        pairs.map(lambda p: (p[0][0] + p[1][0], lambda at: p[0][1](at) + p[1][1](at))),
        pairs.map(lambda p: (p[0][0] - p[1][0], lambda at: p[0][1](at) - p[1][1](at))),
        pairs.map(lambda p: (p[0][0] * p[1][0], lambda at: p[0][1](at) * p[1][1](at))),
        numbers.map(lambda p: (p[0][0] // p[1], lambda at: p[0][1](at) // p[1])),
        numbers.map(lambda p: (p[0][0] % p[1], lambda at: p[0][1](at) % p[1])),
    )


expressions = st.recursive(leaves, grown, max_leaves=8)
numbers = st.tuples(st.integers(1, 200), st.integers(1, 200))


@given(expressions, numbers)
def test_evaluates_to_what_integers_give(expression: Expression, at: Numbers) -> None:
    size, judge = expression
    assert evaluate_size(size, {"H": at[0], "W": at[1]}) == judge(at)


@given(expressions, numbers)
def test_the_text_means_the_size(expression: Expression, at: Numbers) -> None:
    names = {"H": Fraction(at[0]), "W": Fraction(at[1]), "floor": math.floor, "ceil": math.ceil}
    assert eval(str(expression[0]), names) == expression[1](at)  # noqa: S307  (our own text)


@given(expressions, expressions, numbers)
def test_substitution_is_composition(outer: Expression, inner: Expression, at: Numbers) -> None:
    replaced = substitute(outer[0], {"H": inner[0]})
    assert evaluate_size(replaced, {"H": at[0], "W": at[1]}) == outer[1]((inner[1](at), at[1]))
    assert substitute(outer[0], {}) == outer[0]


@given(expressions, expressions)
def test_the_order_of_operations_does_not_matter(one: Expression, other: Expression) -> None:
    assert one[0] + other[0] == other[0] + one[0]
    assert one[0] * other[0] == other[0] * one[0]
    assert hash(one[0] + other[0]) == hash(other[0] + one[0])
    assert one[0] - one[0] == 0
    assert one[0] + other[0] - other[0] == one[0]


@given(st.integers(-99, 99), st.integers(1, 40), st.integers(-99, 99), st.integers(1, 40))
def test_a_chain_of_floors_is_one(b: int, d: int, e: int, t: int) -> None:
    assert ((H + b) // d + e) // t == (H + b + e * d) // (d * t)


def test_equal_formulas_are_equal() -> None:
    assert window(H, 3, 2, 1) == window(H, 1, 2) == (H + 1) // 2
    assert 6 * H // 4 == 3 * H // 2
    assert (4 * (H // 3) + 5) // 2 == 2 * (H // 3) + 2
    assert (2 * (H // 3) + 1) // 4 == H // 6
    assert (H // 2 + H // 3) // 2 == (H // 3 + H // 2) // 2
    assert H // 2 != W // 2
    assert (H // 2) * (W // 2) != H // 2


def test_constants_are_plain_integers() -> None:
    for constant in (H - H, H * 0, H % 1, (2 * H) % 2, H // 2 - (H + 2) // 2 + 1, scaled(8, 0.5)):
        assert type(constant) is int


def test_a_pickle_keeps_equality_and_hash() -> None:
    size = 3 * (H // 2) * W + 1
    copy = pickle.loads(pickle.dumps(size))
    assert copy == size
    assert hash(copy) == hash(size)


def test_symbols() -> None:
    size = (H // 2 + W) // 3 * symbol("N")
    assert isinstance(size, Size)
    assert size.symbols == {"H", "W", "N"}


@pytest.mark.parametrize("divisor", [0, -2])
def test_only_positive_integers_divide(divisor: int) -> None:
    with pytest.raises(ValueError, match="positive integer"):
        _ = H // divisor


@given(st.integers(1, 5000), st.floats(0.01, 8))
def test_float_scales_are_those_of_doubles(value: int, factor: float) -> None:
    assert evaluate_size(scaled(H, factor), {"H": value}) == math.floor(float(value) * factor)
    assert scaled(value, factor) == math.floor(float(value) * factor)


def test_exact_scales_are_plain_arithmetic() -> None:
    assert scaled(H, 2.0) == 2 * H
    assert scaled(H, 0.5) == H // 2
    assert scaled(H, 1.75) == 7 * H // 4
    assert evaluate_size(scaled(H, 0.7), {"H": 90}) == 62
    with pytest.raises(ValueError, match="positive"):
        scaled(H, 0.0)


def test_resampling_again_and_again_stays_small() -> None:
    size: Dimension = H
    number = 7
    for _ in range(40):
        size, number = 3 * size // 2, 3 * number // 2
    assert evaluate_size(size, {"H": 7}) == number
    assert len(str(size)) < 1000
    for _ in range(24):
        size = 3 * size // 2
    with pytest.raises(TooComplex, match="64 deep"):
        _ = 3 * size // 2
