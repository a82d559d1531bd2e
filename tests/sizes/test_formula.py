"""Formulas are printed canonically."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archc.sizes import Dimension, formula, scaled, symbol

H, W, N = symbol("H"), symbol("W"), symbol("N")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (7, "7"),
        (N, "N"),
        (2 * H, "2*H"),
        (-H, "-H"),
        (1 - H, "-H+1"),
        (W - H, "W-H"),
        (H // 2, "floor(H/2)"),
        (H // 4 - 3, "floor(H/4)-3"),
        ((H + 31) // 32, "ceil(H/32)"),
        ((H + 31) // 32 + 1, "ceil(H/32)+1"),
        ((H + 3) // 32, "floor((H-29)/32)+1"),
        (512 * ((H + 31) // 32) * ((W + 31) // 32), "512*ceil(H/32)*ceil(W/32)"),
        (2 * ((H + 3) // 32) * (W // 8), "2*(floor((H-29)/32)+1)*floor(W/8)"),
        (3 * ((H + 3) // 32) + 2, "3*floor((H-29)/32)+5"),
        ((H - 3) * (W - 3), "(H-3)*(W-3)"),
        ((H // 2) * (H // 2), "floor(H/2)**2"),
        (H * W + 1, "H*W+1"),
        (H % 2, "H-2*floor(H/2)"),
        (3 * H // 5, "floor(3*H/5)"),
        ((H * W + 1) // 2, "ceil(H*W/2)"),
        ((H + W) // 2, "floor((H+W)/2)"),
        ((H // 2 + H // 3) // 2, "floor((floor(H/2)+floor(H/3))/2)"),
        (scaled(H + 1, 0.7), "floor((H+1)*0.7)"),
    ],
)
def test_text(size: Dimension, text: str) -> None:
    assert str(size) == formula(size) == text


@given(st.permutations([H * W, H // 2, W // 3, -N, 4 * N * H]))
def test_terms_stand_in_one_order(terms: list[Dimension]) -> None:
    assert str(sum(terms)) == "4*H*N+H*W+floor(H/2)+floor(W/3)-N"
