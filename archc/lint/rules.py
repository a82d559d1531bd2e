"""The rules, on one screen, and what they find in a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from archc.diagnostics import Code, Diagnostic, Place, catalogue
from archc.lint.bias_before_batch_norm import lost_biases
from archc.lint.chained_branch import chained_branches
from archc.lint.channels_last_input import channels_last_inputs
from archc.lint.dropout_before_batch_norm import disturbing_dropouts
from archc.lint.dropped_rows import dropped_rows
from archc.lint.flow import Flow, flow
from archc.lint.groups_of_input import groups_of_input
from archc.lint.keras_momentum import keras_momenta
from archc.lint.linear_after_linear import mergeable_maps
from archc.lint.linear_without_flatten import unflattened
from archc.lint.lint import Lint
from archc.lint.repeated_activation import repeated_activations
from archc.lint.softmax_output import softmax_outputs
from archc.network import Network
from archc.source import Source

RULES: Mapping[Code, Callable[[Flow], Iterator[Lint]]] = {
    catalogue.LINEAR_WITHOUT_FLATTEN: unflattened,
    catalogue.BIAS_BEFORE_BATCH_NORM: lost_biases,
    catalogue.DROPOUT_BEFORE_BATCH_NORM: disturbing_dropouts,
    catalogue.DROPPED_ROWS: dropped_rows,
    catalogue.CHAINED_BRANCH: chained_branches,
    catalogue.REPEATED_ACTIVATION: repeated_activations,
    catalogue.LINEAR_AFTER_LINEAR: mergeable_maps,
    catalogue.SOFTMAX_OUTPUT: softmax_outputs,
    catalogue.CHANNELS_LAST_INPUT: channels_last_inputs,
    catalogue.KERAS_MOMENTUM: keras_momenta,
    catalogue.GROUPS_OF_INPUT: groups_of_input,
}
"""Each rule by its code, which says whether it is off unless asked for."""

OPT_IN = tuple(code for code in RULES if code.opt_in)
_DEFAULT = tuple(code for code in RULES if not code.opt_in)


def lints(
    network: Network, source: Source, codes: Iterable[Code] = _DEFAULT
) -> tuple[Diagnostic, ...]:
    """What the rules of `codes` find in a network, whose spec is `source`: a place and code once,
    in file order.

    It is about what the user wrote, in the spec's file and those that it uses.
    """
    steps = flow(network, source)
    found: dict[tuple[Place, Code], Lint] = {}
    for code in codes:
        for lint in RULES[code](steps):
            found.setdefault((lint.place, code), lint)
    if not found:
        return ()
    keys = sorted(found, key=lambda key: (key[0].file.name, key[0].span, key[1].code))
    return tuple(_diagnostic(code, found[place, code]) for place, code in keys)


def _diagnostic(code: Code, lint: Lint) -> Diagnostic:
    help = f"{lint.help}\nor keep it, with `# archc: ignore[{code.code}]` on this line"
    return Diagnostic(code, lint.message, lint.place, lint.related, help)
