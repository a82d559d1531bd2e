"""Sets of sizes against plain Python sets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archc.sizes import EVERY_SIZE, NO_SIZE, SizeSet, TooComplex

REACH = range(1, 301)

simple = st.one_of(
    st.tuples(st.integers(1, 60), st.none() | st.integers(1, 120)).map(
        lambda ends: SizeSet.between(*ends)
    ),
    st.sets(st.integers(1, 90), max_size=8).map(SizeSet.of),
    st.integers(1, 12).flatmap(
        lambda m: st.sets(st.integers(0, m - 1)).map(lambda r: SizeSet.periodic(m, r))
    ),
)
# Three leaves keep the common period below 300, so that a period is seen whole.
sets = st.recursive(
    simple,
    lambda parts: st.one_of(
        parts.map(lambda s: ~s),
        st.tuples(parts, parts).map(lambda p: p[0] & p[1]),
        st.tuples(parts, parts).map(lambda p: p[0] | p[1]),
    ),
    max_leaves=3,
)


def members(sizes: SizeSet) -> set[int]:
    return {value for value in REACH if value in sizes}


@given(sets, sets)
def test_algebra(one: SizeSet, other: SizeSet) -> None:
    assert members(one & other) == members(one) & members(other)
    assert members(one | other) == members(one) | members(other)
    assert members(one - other) == members(one) - members(other)
    assert members(~one) == set(REACH) - members(one)
    assert (one <= other) == (one - other == NO_SIZE)


@given(sets, sets)
def test_equal_sets_are_equal_values(one: SizeSet, other: SizeSet) -> None:
    assert ~~one == one
    assert ~(one & other) == ~one | ~other
    assert (one & other) | (one - other) == one
    assert one | ~one == EVERY_SIZE
    assert one & ~one == NO_SIZE


@given(sets)
def test_start_and_modulus_are_least(sizes: SizeSet) -> None:
    if sizes.start > 1:
        last = sizes.start - 1
        assert (last in sizes) != (last % sizes.modulus in sizes.residues)
    for modulus in range(1, sizes.modulus):
        shifted = {(r + modulus) % sizes.modulus for r in sizes.residues}
        assert shifted != set(sizes.residues)


@given(sets, st.integers(1, 250))
def test_views(sizes: SizeSet, value: int) -> None:
    known = members(sizes)
    assert sizes.is_empty == (not known and sizes.at_least(301) is None)
    assert sizes.at_most(value) == max((m for m in known if m <= value), default=None)
    following = min((m for m in known if m >= value), default=None)
    if following is not None:
        assert sizes.at_least(value) == following
        assert sizes.minimum == min(known)
        close = min(known, key=lambda m: (abs(m - value), m))
        assert sizes.nearest(value) == close
    assert {m for span in sizes.below(value) for m in range(span[0], span[1] + 1)} == {
        m for m in known if m < value
    }


@given(sets)
def test_the_rule_and_its_exceptions_are_the_set(sizes: SizeSet) -> None:
    if sizes.threshold is None:
        assert sizes.maximum == max(members(sizes), default=None)
        return
    assert sizes.maximum is None
    for value in REACH:
        regular = value >= sizes.threshold and value % sizes.modulus in sizes.residues
        assert (value in sizes) == (regular != (value in sizes.exceptions))


@given(sets)
def test_intervals_are_the_set(sizes: SizeSet) -> None:
    if sizes.intervals is None:
        assert sizes.modulus > 1
        return
    for value in REACH:
        inside = any(
            low <= value and (high is None or value <= high) for low, high in sizes.intervals
        )
        assert (value in sizes) == inside


@given(sets)
def test_the_condition_means_the_set(sizes: SizeSet) -> None:
    condition = sizes.describe("H")
    met = {v for v in REACH if eval(condition, {"H": v})}  # noqa: S307  (our own text)
    assert met == members(sizes)


SIXTEENS = SizeSet.periodic(16, [0])


@pytest.mark.parametrize(
    ("sizes", "text", "condition"),
    [
        (SizeSet.between(193, 224), "193..224", "193 <= H <= 224"),
        (SizeSet.between(67), "67 and up", "H >= 67"),
        (EVERY_SIZE, "1 and up", "H >= 1"),
        (NO_SIZE, "none", "False"),
        (SizeSet.of([5]), "5", "H == 5"),
        (SizeSet.of([5]) | SizeSet.between(9), "5, 9 and up", "H == 5 or H >= 9"),
        (SizeSet.of([5, 7, 9]), "5, 7, 9", "H == 5 or H == 7 or H == 9"),
        (
            SIXTEENS & SizeSet.between(1, 70),
            "16..64 in multiples of 16",
            "16 <= H <= 64 and H % 16 == 0",
        ),
        (
            SizeSet.of([1, 5, 7, 9, 11, 20]) | SizeSet.between(30),
            "1, 5..11 in steps of 2, 20, 30 and up",
            "H == 1 or 5 <= H <= 11 and H % 2 == 1 or H == 20 or H >= 30",
        ),
        (SIXTEENS, "16 and up, multiples of 16", "H >= 16 and H % 16 == 0"),
        (SizeSet.periodic(2, [1]), "1 and up, odd", "H >= 1 and H % 2 == 1"),
        (
            SizeSet.periodic(8, [1, 3]) & SizeSet.between(9),
            "9 and up, 1 or 3 mod 8",
            "H >= 9 and (H % 8 == 1 or H % 8 == 3)",
        ),
        (SizeSet.periodic(8, [3, 4, 5]), "3 and up, 3..5 mod 8", "H >= 3 and 3 <= H % 8 <= 5"),
        (
            (SIXTEENS | SizeSet.of([5])) - SizeSet.of([48]),
            "16 and up, multiples of 16, but not 48, also 5",
            "H >= 16 and H % 16 == 0 and not (H == 48) or H == 5",
        ),
    ],
)
def test_words(sizes: SizeSet, text: str, condition: str) -> None:
    assert str(sizes) == text
    assert sizes.describe("H") == condition


def test_large_windows_cost_nothing() -> None:
    window = SizeSet.between(10**9, 10**9 + 50)
    assert (window | SizeSet.between(193, 224)) & SizeSet.between(200) == (
        SizeSet.between(200, 224) | window
    )
    assert 10**9 + 50 in window
    assert str(window - SizeSet.of([10**9 + 7])) == "1000000000..1000000006, 1000000008..1000000050"


def test_periods_have_a_cap() -> None:
    with pytest.raises(TooComplex, match="a period beyond 65,536"):
        _ = SizeSet.periodic(256, [1]) & SizeSet.periodic(257, [2])
