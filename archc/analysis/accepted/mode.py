"""The ways in which a network runs, which ask for different sizes."""

from __future__ import annotations

from enum import Enum


class Mode(Enum):
    """Evaluation with a batch of any size, training with a batch of more than one, or of one; and
    evaluation by its batch, as a guard asks.
    """

    EVALUATION = "eval"
    TRAINING = "train"
    TRAINING_ONE = "train_batch_1"
    EVALUATION_MORE = "eval_batch_2"
    EVALUATION_ONE = "eval_batch_1"

    @property
    def trains(self) -> bool:
        return self in (Mode.TRAINING, Mode.TRAINING_ONE)

    @property
    def has_one_batch(self) -> bool:
        """Whether the batch is one, and no other."""
        return self in (Mode.TRAINING_ONE, Mode.EVALUATION_ONE)

    @property
    def least_batch(self) -> int:
        """The smallest batch; no size that it allows is refused with a larger one."""
        return 2 if self in (Mode.TRAINING, Mode.EVALUATION_MORE) else 1

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Mode.EVALUATION: "evaluation",
    Mode.TRAINING: "training",
    Mode.TRAINING_ONE: "training with a batch of one",
    Mode.EVALUATION_MORE: "evaluation with a batch of more than one",
    Mode.EVALUATION_ONE: "evaluation with a batch of one",
}

MODES = (Mode.EVALUATION, Mode.TRAINING, Mode.TRAINING_ONE)
"""The modes that are told apart for people."""
