"""The checks of what two networks compute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import NamedTuple

from torch import Tensor

from archc.runtime.verify.divergence import Pairing, locate_gradient
from archc.runtime.verify.execution import (
    CannotRun,
    Difference,
    Execution,
    Results,
    difference,
    shape,
    without_rounding,
)
from archc.runtime.verify.report import Check, count_text, few

Outputs = Mapping[str, Tensor]
Differences = Mapping[str, Difference]


class Executions(NamedTuple):
    """The two networks, ready to run."""

    here: Execution
    there: Execution

    def results(self, training: bool) -> tuple[Results, Results]:
        """What both give. CannotRun where one raises."""
        return self.here.results(training), self.there.results(training)


@dataclass(frozen=True)
class Compared:
    """What both networks give, in double precision too where single precision tells them apart."""

    executions: Executions
    training: bool
    tolerance: float
    here: Results
    there: Results

    @cached_property
    def doubled(self) -> Executions | None:
        """The networks in double precision; None where one cannot run so."""
        try:
            doubled = Executions(self.executions.here.doubled(), self.executions.there.doubled())
            doubled.results(self.training)
        except CannotRun:
            return None
        return doubled

    @cached_property
    def _double(self) -> tuple[Results, Results] | None:
        return None if self.doubled is None else self.doubled.results(self.training)

    def differences(self, of: Callable[[Results, Results], Differences]) -> Differences:
        """How far apart the results are in what `of` compares; what is rounding alone is none."""
        single = of(self.here, self.there)
        if not self.exceed(single) or self._double is None:
            return single
        double = of(*self._double)
        return {key: without_rounding(each, double.get(key)) for key, each in single.items()}

    def exceed(self, differences: Differences) -> list[str]:
        """Of what the results differ by more than the tolerance."""
        return [key for key, each in differences.items() if each.largest > self.tolerance]

    def advice(self, differences: Differences) -> tuple[str, ...]:
        """How to let small differences count as the same, where they are all small."""
        largest = max((each.largest for each in differences.values()), default=0.0)
        small = all(each.largest <= 1e-4 * each.scale for each in differences.values())
        if not largest or not small:
            return ()
        why = (
            "more than rounding, which double precision would take away"
            if self.doubled is not None
            else "it may be rounding, but one of them does not run in double precision to tell"
        )
        return (f"{why}; `--tolerance {2 * largest:.0e}` counts it as the same",)


def check_names(name: str, here: Outputs, there: Outputs) -> Check | None:
    """What is wrong with the number or the names of outputs; tuples and tensors have no names."""
    named = all(any(not key.isdecimal() for key in side if key) for side in (here, there))
    if len(here) == len(there) and (not named or here.keys() == there.keys()):
        return None
    return Check(name, "differs", f"{_names(here)} here, {_names(there)} there")


def _names(outputs: Outputs) -> str:
    names = [key for key in outputs if key and not key.isdecimal()]
    return ", ".join(names) if names else count_text(len(outputs), "tensor")


def outputs_apart(here: Results, there: Results) -> Differences:
    """How as many outputs differ, by name where both have the same names, else by position."""
    by_name = here.outputs.keys() == there.outputs.keys()
    return {
        key: difference(value, there.outputs[key if by_name else other])
        for (key, value), other in zip(here.outputs.items(), there.outputs, strict=True)
    }


def check_outputs(name: str, compared: Compared, apart: Differences) -> Check:
    """The outputs, which differ as `apart` says."""
    outputs = compared.here.outputs
    told = {key: f"{key} {shape(value)}".strip() for key, value in outputs.items()}
    unlike = compared.exceed(apart)
    if unlike:
        first, *rest = few([f"{told[key]}: {apart[key].text}" for key in unlike])
        return Check(name, "differs", first, (*rest, *compared.advice(apart)))
    text = f"{', '.join(told.values())}: {_within(apart, compared.tolerance)}"
    strange = sum(int((~value.isfinite()).sum()) for value in outputs.values())
    if strange:
        text += f"; but {count_text(strange, 'value')} NaN or infinite, which proves little"
        return Check(name, "note", text)
    return Check(name, "ok", text)


def _within(apart: Differences, tolerance: float) -> str:
    """What to say of what does not differ by more than the tolerance."""
    worst = max(apart.values(), key=lambda each: (each.largest, each.rounded), default=None)
    if worst is None:
        return "equal"
    return f"within {tolerance:g}: {worst.text}" if worst.largest else worst.text


def check_gradients(compared: Compared, pairing: Pairing) -> Check:
    """The gradients of the parameters and of the inputs."""

    def parameters(here: Results, there: Results) -> Differences:
        return {
            key: _gradient(value, there.gradients[pairing.pairs.keys[key]])
            for key, value in here.gradients.items()
            if pairing.pairs.keys[key] in there.gradients
        }

    def images(here: Results, there: Results) -> Differences:
        return {
            f"of input {index}": _gradient(value, other)
            for index, (value, other) in enumerate(zip(here.inputs, there.inputs, strict=True))
        }

    apart, of_inputs = compared.differences(parameters), compared.differences(images)
    every = {**apart, **of_inputs}
    told = f"{count_text(len(apart), 'parameter')}, {count_text(len(of_inputs), 'input')}"
    unlike = compared.exceed(every)
    if not unlike:
        return Check("gradients", "ok", f"{told}: {_within(every, compared.tolerance)}")
    details = tuple(f"{key}: {of_inputs[key].text}" for key in unlike if key in of_inputs)
    text = f"{len(unlike):,} of {told}"
    divergence = locate_gradient(pairing, apart, compared.tolerance)
    return Check("gradients", "differs", text, (*details, *compared.advice(every)), divergence)


def _gradient(here: Tensor | None, there: Tensor | None) -> Difference:
    if here is None or there is None:
        side = "here" if here is None else "there"
        return Difference(0.0 if here is there else inf, f"no gradient {side}")
    return difference(here, there)


def check_statistics(compared: Compared, pairing: Pairing) -> Check:
    """The buffers after a step of training: what normalisation counted."""

    def buffers(here: Results, there: Results) -> Differences:
        return {
            key: difference(value, there.state[pairing.pairs.keys[key]])
            for key, value in here.state.items()
            if key not in here.gradients
        }

    apart = compared.differences(buffers)
    unlike = [f"{pairing.nodes.key(key)}: {apart[key].text}" for key in compared.exceed(apart)]
    told = count_text(len(apart), "buffer") if apart else "no buffers"
    if unlike:
        details = (*few(unlike), *compared.advice(apart))
        return Check("statistics", "differs", f"{len(unlike):,} of {told}", details)
    return Check("statistics", "ok", f"{told}: {_within(apart, compared.tolerance)}")
