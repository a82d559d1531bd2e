"""Random valid networks: all that archc says of them is what torch does."""

from __future__ import annotations

import pytest

import archc
from archc.blocks import BLOCKS
from random_networks import BUILT_IN, DRAWS, FORMS, JOINS, forms, judge_network, network

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("part", range(10))
def test_samples(part: int) -> None:
    for seed in range(30 * part, 30 * part + 30):
        judge_network(network(seed))


@pytest.mark.parametrize("part", range(10))
def test_samples_with_nodes_for_training_alone(part: int) -> None:
    for seed in range(30 * part, 30 * part + 30):
        judge_network(network(seed, trains=True))


@pytest.mark.prove
@pytest.mark.parametrize("part", range(50))
def test_all_with_nodes_for_training_alone(part: int) -> None:
    for seed in range(1_000 + 100 * part, 1_100 + 100 * part):
        judge_network(network(seed, trains=True))


@pytest.mark.prove
@pytest.mark.parametrize("part", range(200))
def test_all(part: int) -> None:
    for seed in range(1_000 + 100 * part, 1_100 + 100 * part):
        judge_network(network(seed))


def test_every_operation_and_block_may_be_drawn() -> None:
    """An operation or block of archc that no network has would be judged by nobody."""
    assert DRAWS.keys() | JOINS.keys() | {"chunk", "split", "parameter"} == set(
        archc.ops.OPERATIONS
    )
    assert set(BUILT_IN) == set(BLOCKS)


def test_every_form_operation_and_block_is_drawn() -> None:
    """In the samples above, as far as need be."""
    missing = {*FORMS, *DRAWS, *JOINS, *BUILT_IN, "chunk", "split"}
    for seed in range(300):
        for trains in (False, True):
            missing -= forms(network(seed, trains)) if missing else set()
    assert not missing
