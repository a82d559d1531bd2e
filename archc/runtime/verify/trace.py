"""What corresponding modules of two networks read and give, as they run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from torch import Tensor, nn

from archc.runtime.verify.state import Pairs
from archc.runtime.verify.trial import Trial
from archc.runtime.verify.values import Difference, differences, tensors, without_rounding


class Moment(NamedTuple):
    """Call number `call` of the module at `path` begins, or `ends`."""

    path: str
    call: int
    ends: bool


See = Callable[[Moment, tuple[Tensor, ...]], None]


@dataclass(frozen=True, slots=True)
class Trace:
    """A run of each network, side by side.

    `differences` has, by the moment here, how the two differ in what is read or given. `ran` are
    the moments of the reference in their order. Of an `uneven` module, which one network calls
    more often than the other, no call corresponds for sure.
    """

    differences: Mapping[Moment, Difference]
    ran: tuple[Moment, ...]
    uneven: frozenset[str]

    def without_rounding(self, double: Trace) -> Trace:
        """The same, without the differences that are rounding: the same run was `double` too."""
        differences = {
            event: without_rounding(each, double.differences.get(event))
            for event, each in self.differences.items()
        }
        return replace(self, differences=differences)


def trace(here: Trial, there: Trial, pairs: Pairs, training: bool) -> Trace:
    """Runs both. CannotRun where one raises."""
    kept: dict[Moment, tuple[Tensor, ...]] = {}
    found: dict[Moment, Difference] = {}
    ran: list[Moment] = []
    own = {other: path for path, other in pairs.paths.items()}

    def keep(moment: Moment, values: tuple[Tensor, ...]) -> None:
        if moment.path in pairs.paths:
            kept[moment] = values  # no copies: what is compiled never writes over a tensor

    def compare(moment: Moment, values: tuple[Tensor, ...]) -> None:
        ran.append(moment)
        mine = moment._replace(path=own.get(moment.path, ""))
        apart = differences(kept.get(mine, ()), values)
        if apart is not None:
            found[mine] = apart

    with watched(here.module, keep):
        here.run(training)
    with watched(there.module, compare):
        there.run(training)
    calls, others = (Counter(moment.path for moment in moments) for moments in (kept, ran))
    uneven = {path for path, other in pairs.paths.items() if calls[path] != others[other]}
    return Trace(found, tuple(ran), frozenset(uneven))


@contextmanager
def watched(module: nn.Module, see: See) -> Iterator[None]:
    """Within, `see` is told of each call of a submodule, what it reads and what it gives.

    At once, for the network may write over a tensor later.
    """
    calls: Counter[str] = Counter()

    def begin(path: str, arguments: Any) -> None:
        see(Moment(path, calls[path], False), tensors(arguments))

    def end(path: str, output: Any) -> None:
        see(Moment(path, calls[path], True), tensors(output))
        calls[path] += 1

    handles = []
    for path, part in module.named_modules():
        if path:
            handles += [
                part.register_forward_pre_hook(
                    lambda _, args, kwargs, path=path: begin(path, (args, kwargs)),
                    with_kwargs=True,
                ),
                part.register_forward_hook(lambda _, __, output, path=path: end(path, output)),
            ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
