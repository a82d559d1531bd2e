"""Window arithmetic against torch's real kernels."""

import itertools
import random

import pytest
import torch
from torch.nn import functional as F

from archc.sizes import evaluate_size, scaled, symbol, transposed, window

H = symbol("H")

Case = tuple[int, int, int, int, int, int]
"""Size, kernel, stride, padding before, padding after, dilation."""

BOX: list[Case] = list(
    itertools.product(
        (*range(1, 10), 13, 16), range(1, 6), range(1, 5), range(4), range(4), range(1, 4)
    )
)
CHOSEN = random.Random(0).sample(BOX, 300)


def torch_size(convolve: object, *arguments: object, **options: object) -> int:
    """The size that torch gives, 0 where it says that there is none."""
    try:
        return int(convolve(*arguments, **options).shape[2])  # type: ignore[operator]
    except RuntimeError as error:
        message = str(error).lower()
        assert "output size" in message or "kernel size" in message
        return 0


def check_case(case: Case) -> None:
    size, kernel, stride, before, after, dilation = case
    image, weight = torch.zeros(1, 1, size, 1), torch.zeros(1, 1, kernel, 1)
    column = {"stride": (stride, 1), "dilation": (dilation, 1)}

    uneven = F.pad(image, (0, 0, before, after))
    expected = torch_size(F.conv2d, uneven, weight, **column)
    assert at(window(H, kernel, stride, (before, after), dilation), size) == expected

    expected = torch_size(F.conv2d, image, weight, padding=(before, 0), **column)
    assert at(window(H, kernel, stride, before, dilation), size) == expected

    if before <= kernel // 2:
        for ceil_mode in (False, True):
            pool = {"padding": (before, 0), "ceil_mode": ceil_mode}
            expected = torch_size(F.max_pool2d, image, (kernel, 1), **column, **pool)
            assert at(window(H, kernel, stride, before, dilation, ceil_mode), size) == expected
            expected = torch_size(F.avg_pool2d, image, (kernel, 1), stride=(stride, 1), **pool)
            assert at(window(H, kernel, stride, before, 1, ceil_mode), size) == expected

    if after < max(stride, dilation):
        expected = torch_size(
            F.conv_transpose2d,
            image,
            weight,
            padding=(before, 0),
            output_padding=(after, 0),
            **column,
        )
        assert at(transposed(H, kernel, stride, before, after, dilation), size) == expected


def at(size: object, height: int) -> int:
    """The value at a height, 0 for every value below one, all of which torch refuses."""
    return max(evaluate_size(size, {"H": height}), 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("case", CHOSEN[:12])
def test_examples(case: Case) -> None:
    check_case(case)


def test_sample() -> None:
    for case in CHOSEN:
        check_case(case)


@pytest.mark.prove
def test_box() -> None:
    for case in BOX:
        check_case(case)


def test_chains_agree_with_the_number_way() -> None:
    for size in range(1, 80):
        one = window(window(H, 7, 2, 3), 3, 2, 1, ceil_mode=True)
        assert evaluate_size(one, {"H": size}) == window(
            window(size, 7, 2, 3), 3, 2, 1, ceil_mode=True
        )


@pytest.mark.parametrize("factor", [0.5, 0.7, 1.3, 1.5, 2.0, 2.1])
def test_scaled_is_interpolate(factor: float) -> None:
    for size in range(2, 120):
        image = torch.zeros(1, 1, size, 2)
        expected = F.interpolate(image, scale_factor=(factor, 1.0)).shape[2]
        assert evaluate_size(scaled(H, factor), {"H": size}) == expected
