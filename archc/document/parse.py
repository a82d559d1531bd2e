"""Source to Document: a file's data as the models of the format, or all that does not fit."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from archc.diagnostics import Diagnostic
from archc.document.nodes import read_graphs
from archc.source import Source, YamlPath

M = TypeVar("M", bound=BaseModel)


class Parsed(NamedTuple, Generic[M]):
    """A file as a model, all that is wrong with it, and the paths of the parts that are broken.

    `source` has the keys as they were meant. Of what is broken the model holds nothing, or
    something in its place that fits.
    """

    source: Source
    model: M
    mistakes: tuple[Diagnostic, ...] = ()
    broken: frozenset[YamlPath] = frozenset()


def parse_model(source: Source, model: type[M]) -> Parsed[M]:
    """The data of `source` as `model`, without the parts that do not fit; SpecError where nothing
    is left.
    """
    data, mistakes = read_graphs(source.data)
    try:
        if not mistakes:
            return Parsed(source, model.model_validate(data))
    except ValidationError:
        pass
    from archc.document.salvage import salvaged  # a right file needs none of it

    return Parsed(*salvaged(source, model))
