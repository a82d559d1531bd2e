"""The pipeline, top to bottom: a text becomes a Source, a Document, a Network, Python, a module."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc.analysis.macs import check_macs
from archc.diagnostics import SpecError
from archc.diagnostics.suggest import clear_suggestions
from archc.document.format import Library
from archc.document.loader import load
from archc.elaborate import check_library, elaborate
from archc.given import mapping_text, plain_params, plain_sizes
from archc.lint import lints, unsuppressed
from archc.memory import DEFAULT_MEMORY, check_memory
from archc.source import FileError, Source, read, read_bytes, read_file, uncollected

if TYPE_CHECKING:
    from torch import nn  # noqa: TID251  (a type only: nothing is imported when archc runs)

    from archc.network import Network
    from archc.weights.selection import Selection


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec as text, with the folder in which its `use` looks; None where there is no folder."""

    source: Source
    folder: Path | None

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of its variants, as far as they are written as such."""
        data = self.source.data
        written = data.get("variants") if isinstance(data, dict) else None
        return tuple(written) if isinstance(written, dict) else ()

    @classmethod
    def from_text(cls, text: str, name: str = "<text>") -> Spec:
        """A spec that is in no file; messages call it `name`. SpecError where it is not YAML."""
        return cls(read(text, name), None)

    @classmethod
    def from_bytes(cls, data: bytes, name: str) -> Spec:
        """A spec from standard input, say: UTF-8, in no file. Errors as for `from_file`."""
        return cls(read_bytes(data, name), None)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Spec:
        """The spec in the file at `path`. FileError where it cannot be read, SpecError where it is
        not YAML.
        """
        try:
            is_text = "\n" in os.fspath(path)
        except TypeError:
            kind = type(path).__name__
            message = f"a spec is a path, a mapping or an `archc.Spec`, not {kind}"
            raise TypeError(message) from None
        if is_text:
            raise FileError("a path is one line: `archc.Spec.from_text` takes a spec as text")
        return cls(read_file(path), Path(path).parent)

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> Spec:
        """A spec as a mapping; messages show it as JSON, and call it `<mapping>`."""
        return cls.from_text(mapping_text(data), "<mapping>")

    def __repr__(self) -> str:
        return f"<Spec {self.source.file.name}: {len(self.source.file.lines)} lines>"


SpecLike = str | os.PathLike[str] | Mapping[str, Any] | Spec
"""A spec, the path of its file, or what would be in that file, as a mapping."""


@uncollected()
def check(
    spec: SpecLike,
    params: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Sequence[int]] | None = None,
    variant: str | None = None,
    max_memory: int = DEFAULT_MEMORY,
) -> Network:
    """The network that a spec means, with every size inferred. Needs no torch.

    `params` replace defaults, `inputs` the declared sizes (batch left out: `{"image": (1, 224,
    224)}`), and `variant` chooses a member of a family. Raises SpecError with all that is wrong,
    and for a network whose parameters and largest activation take more than `max_memory` bytes.
    """
    clear_suggestions()
    if not isinstance(spec, Spec):
        spec = Spec.from_mapping(spec) if isinstance(spec, Mapping) else Spec.from_file(spec)
    params, inputs = plain_params(params or {}), plain_sizes(inputs or {})
    try:
        network = _network(spec, params, inputs, variant)
    except SpecError as error:
        from archc.advice import MOST_NODES, Advice

        def again(
            changed: Source, sizes: Mapping[str, Sequence[int]], at_any_size: bool
        ) -> Network:
            spec_of = replace(spec, source=changed)
            return _network(spec_of, params, sizes, variant, at_any_size, MOST_NODES)

        advice = Advice(error.diagnostics, spec.source, inputs, again)
        raise SpecError(advice.given()) from None

    excess = check_memory(network, max_memory) or check_macs(network)
    if excess is not None:
        raise SpecError((excess,))
    found = (*network.warnings, *lints(network, spec.source))
    return replace(network, warnings=unsuppressed(found)) if found else network


def _network(
    spec: Spec,
    params: Mapping[str, Any],
    inputs: Mapping[str, Sequence[int]],
    variant: str | None,
    at_any_size: bool = False,
    most_nodes: int | None = None,
) -> Network:
    unit = load(spec.source, spec.folder)
    network = elaborate(
        unit, params, variant, inputs, at_any_size=at_any_size, most_nodes=most_nodes
    )
    if not network.domains or at_any_size:
        return network
    from archc.analysis.domain import prove_domains

    return prove_domains(network, spec.source)


def check_blocks(spec: Spec) -> tuple[str, ...]:
    """The names of the blocks in a file that has no network of its own. Raises SpecError with what
    is wrong with them whatever calls them.
    """
    clear_suggestions()
    unit = load(spec.source, spec.folder, Library)
    check_library(unit)
    return tuple(unit.model.blocks) if unit.model else ()


def to_source(network: Network, guards: bool = False) -> str:
    """Stand-alone PyTorch source of a network; with `guards` it checks the sizes of its inputs."""
    from archc.emit.python import python

    return python(network, guards)


def compile(  # noqa: A001
    spec: SpecLike,
    params: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Sequence[int]] | None = None,
    variant: str | None = None,
    guards: bool = False,
    max_memory: int = DEFAULT_MEMORY,
    weights: str | os.PathLike[str] | None = None,
    rename: Sequence[str] = (),
    drop: Sequence[str] = (),
    key: str | None = None,
) -> nn.Module:
    """A live module: the emitted source, executed. Arguments and errors as for `check`; with
    `guards` the module checks the sizes of its inputs. `max_memory` holds on the meta device too,
    where nothing is allocated: give more to build there what is larger.

    With `weights` it has those of this file, which is safetensors or of `torch.save`, in its own
    types. Of the file's keys `drop` leaves out some, `rename` has renames of the others,
    `"OLD=NEW"`, and `key` says under which key the `state_dict` is where there are several. Raises
    FileError where there are no weights in the file, ValueError for what does not fit its keys, and
    WeightsError where the weights are not exactly the network's.
    """
    from archc.emit.python import root_class
    from archc.runtime.module import instantiate

    selection = _selection(weights, key, drop, rename)
    network = check(spec, params, inputs, variant, max_memory)
    text, class_name = to_source(network, guards), root_class(network)
    if weights is None:
        return instantiate(text, class_name)
    from archc.runtime.weights import build_loaded

    return build_loaded(text, class_name, weights, selection)


def _selection(
    weights: object, key: str | None, drop: Sequence[str], rename: Sequence[str]
) -> Selection:
    """What is said of the keys of a file, where there may be a file."""
    from archc.weights.selection import Selection

    selection = Selection.parse(key, drop, rename)
    if weights is None and selection != Selection():
        raise ValueError("`key`, `drop` and `rename` need `weights`, a file with keys")
    if isinstance(weights, Mapping):
        raise TypeError(
            "`weights` is the path of a file; a `state_dict` is for `module.load_state_dict`"
        )
    return selection


def save_weights(module: nn.Module, path: str | os.PathLike[str]) -> None:
    """Writes the weights of a module as safetensors, whole or not at all; a file there is replaced.

    `compile(…, weights=path)` and `safetensors.torch.load_model(module, path)` load them. Raises
    OSError where the file cannot be written.
    """
    from archc.runtime.weight_file import write_module

    write_module(module, Path(path))
