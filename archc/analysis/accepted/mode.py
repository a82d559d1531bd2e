"""The ways in which a network runs, which ask for different sizes."""

from __future__ import annotations

from enum import Enum


class Mode(Enum):
    """Evaluation with a batch of any size, training with a batch of more than one, or of one."""

    EVALUATION = "eval"
    TRAINING = "train"
    TRAINING_ONE = "train_batch_1"

    @property
    def trains(self) -> bool:
        return self is not Mode.EVALUATION

    @property
    def least_batch(self) -> int:
        """The smallest batch; no size that it allows is refused with a larger one."""
        return 2 if self is Mode.TRAINING else 1

    @property
    def words(self) -> str:
        return {
            Mode.EVALUATION: "evaluation",
            Mode.TRAINING: "training",
            Mode.TRAINING_ONE: "training with a batch of one",
        }[self]
