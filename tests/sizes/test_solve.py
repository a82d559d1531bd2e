"""Solving against brute force."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.sizes import (
    EVERY_SIZE,
    NO_SIZE,
    Condition,
    Dimension,
    Region,
    SizeSet,
    TooComplex,
    scaled,
    solve,
    solve_region,
    symbol,
    transposed,
    window,
)

H, W = symbol("H"), symbol("W")
REACH = range(1, 401)

Step = Callable[[Dimension], Dimension]

whole_steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda k, s, p, ceil: lambda h: window(h, k, s, p, 1, ceil),
        st.integers(1, 6),
        st.integers(1, 4),
        st.integers(0, 2),
        st.booleans(),
    ),
    st.builds(lambda k, s: lambda h: transposed(h, k, s), st.integers(1, 4), st.integers(1, 3)),
    st.integers(2, 3).map(lambda factor: lambda h: h * factor),
)
steps = whole_steps | st.sampled_from([0.7, 1.3]).map(lambda f: lambda h: scaled(h, f))
relations = st.sampled_from(["==", ">=", "<="])


def chained(name: str, kind: st.SearchStrategy[Step]) -> st.SearchStrategy[Dimension]:
    def run(chain: list[Step]) -> Dimension:
        size: Dimension = symbol(name)
        for step in chain:
            size = step(size)
        return size

    return st.lists(kind, max_size=4).map(run)


def product(factors: tuple[Dimension, Dimension]) -> Dimension:
    return factors[0] * factors[1]


def members(condition: Condition) -> set[int]:
    return {value for value in REACH if condition.holds({"H": value})}


def check(condition: Condition) -> bool:
    sizes = solve(condition, "H")
    if sizes is not None:
        assert {value for value in REACH if value in sizes} == members(condition)
    return sizes is not None


whole = chained("H", whole_steps)
areas = st.tuples(whole, whole).map(product)


@given(whole | areas, relations, whole | areas | st.integers(-5, 300))
def test_whole_conditions_are_decided_exactly(
    left: Dimension, relation: str, right: Dimension
) -> None:
    assert check(Condition(left, relation, right))  # type: ignore[arg-type]


@given(chained("H", steps), relations, chained("H", steps) | st.integers(-5, 300))
def test_float_scales_are_exact_where_decided(
    left: Dimension, relation: str, right: Dimension
) -> None:
    check(Condition(left, relation, right))  # type: ignore[arg-type]


def test_two_branches_agree_on_residues_on_some_or_on_none() -> None:
    assert solve(Condition((H + 1) // 2, "==", H // 2), "H") == SizeSet.periodic(2, [0])
    assert solve(Condition(H // 2 + 40, "==", H), "H") == SizeSet.of([79, 80])
    assert solve(Condition(H // 2 + 1, "==", H // 2), "H") == NO_SIZE
    assert solve(Condition((H + 1) // 2, "==", window(H, 3, 2, 1)), "H") == EVERY_SIZE
    assert Condition(H // 2 + 1, "==", H // 2).decided is False
    assert Condition(H // 2, "==", W // 2).decided is None


def test_a_unet_of_depth_four_wants_multiples_of_sixteen() -> None:
    sizes, skips, height = EVERY_SIZE, [], H
    for _ in range(4):
        skips.append(height)
        height = window(height, 2, 2)
        sizes &= solve(Condition(height, ">=", 1), "H")
    for skip in reversed(skips):
        height = transposed(height, 2, 2)
        sizes &= solve(Condition(height, "==", skip), "H")
    assert sizes.describe("H") == "H >= 16 and H % 16 == 0"


def test_large_numbers_are_quick() -> None:
    halved = H
    for _ in range(30):
        halved = (halved + 1) // 2
    assert solve(Condition(halved, "==", 5), "H") == SizeSet.between(4 * 2**30 + 1, 5 * 2**30)
    far = Condition(H // 7 - H // 9, "==", 10**7)
    around = range(314_990_000, 315_010_000)
    assert solve(far, "H") == SizeSet.of(s for s in around if far.holds({"H": s}))
    assert solve(Condition(16 * (H // 2**20 - 3) * (H // 2**20 - 3), "==", 256), "H") == (
        SizeSet.between(7 * 2**20, 8 * 2**20 - 1)
    )


def test_out_of_reach_is_said() -> None:
    assert solve(Condition(H // 65_537 + (H + 1) // 2, "==", H // 2 + H // 65_539), "H") is None
    assert solve(Condition(scaled(H, 0.7) * H, "==", H * H // 2 + 1), "H") is None
    assert solve(Condition(scaled(H, 1e-300), ">=", 1), "H") is None


def test_only_the_one_symbol() -> None:
    with pytest.raises(ValueError, match="alone"):
        solve(Condition(H * W, ">=", 1), "H")


def region(*conditions: Condition) -> Region:
    """The heights and widths for which all conditions hold."""
    whole = Region.box(2, {})
    for condition in conditions:
        whole = whole & solve_region(condition, ("H", "W"))
    return whole


def lenet(size: Dimension) -> Dimension:
    return window(window(window(window(size, 5), 2, 2), 5), 2, 2)


def test_lenet_accepts_boxes() -> None:
    height, width = lenet(H), lenet(W)
    found = region(
        Condition(height, ">=", 1),
        Condition(width, ">=", 1),
        Condition(16 * height * width, "==", 256),
    )
    assert [(str(heights), str(widths)) for heights, widths in found.boxes] == [
        ("16..19", "76..79"),
        ("20..23", "44..47"),
        ("28..31", "28..31"),
        ("44..47", "20..23"),
        ("76..79", "16..19"),
    ]
    square = Condition(16 * lenet(H) * lenet(H), "==", 256)
    assert solve(square, "H") == SizeSet.between(28, 31)


areas_of_two = st.tuples(chained("H", whole_steps), chained("W", whole_steps)).map(product)
pair_conditions = st.one_of(
    st.builds(
        lambda c, area, relation, n: Condition(c * area, relation, n),
        st.sampled_from([1, 2, -3]),
        areas_of_two,
        relations,
        st.integers(-20, 60),
    ),
    st.builds(Condition, chained("H", whole_steps), relations, st.integers(1, 20)),
    st.builds(Condition, chained("W", whole_steps), relations, st.integers(1, 20)),
)


@settings(max_examples=50)
@given(st.lists(pair_conditions, min_size=1, max_size=2))
def test_pairs_against_brute_force(conditions: list[Condition]) -> None:
    boxes = region(*conditions).boxes
    for height in range(1, 25):
        for width in range(1, 25):
            at = {"H": height, "W": width}
            # At most one box: they do not overlap.
            found = sum(height in heights and width in widths for heights, widths in boxes)
            assert found == all(condition.holds(at) for condition in conditions)


@pytest.mark.parametrize("condition", [Condition(H, "==", W), Condition((H + W) // 2 * W, "==", 4)])
def test_pairs_that_are_no_product_are_not_decided(condition: Condition) -> None:
    with pytest.raises(TooComplex, match="another way than by a product"):
        region(condition)


def test_a_symbol_that_cancels_is_free() -> None:
    assert region(Condition(H - W, "==", 1 - W)) == Region.box(2, {0: SizeSet.of([1])})
    with pytest.raises(ValueError, match="more than"):
        region(Condition(symbol("N") * H, ">=", 2))


def test_tokens_beside_a_class_token() -> None:
    tokens = (H // 16) * (W // 16) + 1
    boxes = region(Condition(tokens, "==", 5)).boxes
    assert [str(heights) for heights, _ in boxes] == ["16..31", "32..47", "64..79"]
