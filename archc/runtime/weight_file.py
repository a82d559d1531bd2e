"""Files of weights: safetensors, and what `torch.save` writes, of which no code is run."""

from __future__ import annotations

import os
import pickle
import re
import struct
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import torch
from torch import Tensor, nn

from archc.atomic import atomic_write
from archc.runtime import needed
from archc.runtime.wrapped import WRAPPERS, describe_object, unwrap
from archc.source import FileError, open_file
from archc.weights.shown import key_text

with needed("safetensors"):
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_file, save_file, save_model

_MARK = "archc"

_DAMAGED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BadZipFile,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    pickle.UnpicklingError,
    RecursionError,
    RuntimeError,
    struct.error,
    TypeError,
    ValueError,
)
"""What torch's and Python's readers raise on files that are damaged, or made to do harm."""


class Weights(NamedTuple):
    """The tensors of a file, and what messages call it: its path, and the wrapper if there is one.

    The tensors are on the CPU and, where the format allows, still in the file: it is read when they
    are.
    """

    name: str
    tensors: Mapping[str, Tensor]


def read_weights(path: str | os.PathLike[str], key: str | None = None) -> Weights:
    """The weights in a file, which is recognised by its content; under `key` where it is given.

    Raises FileError, which says what the file holds instead, and what to do.
    """
    name = os.fspath(path)
    with open_file(name) as stream:
        start = stream.read(9)
    if not start:
        raise FileError(f"{name} is empty")
    if start[8:] == b"{":
        if key is not None:
            raise FileError(f"{name} is a safetensors file: its tensors are not under a key")
        return Weights(name, _plain(_safetensors(name), name))
    found, wrapper = unwrap(_pickled(name, is_zip=start.startswith(b"PK")), name, key)
    name = f"{name} (`{key_text(wrapper)}`)" if wrapper else name
    return Weights(name, _plain(found, name))


def write_weights(tensors: Mapping[str, Tensor], path: Path, mark: str) -> None:
    """Writes a safetensors file, whole or not at all, that says `mark`. Raises OSError."""
    # one entry: the order in which safetensors writes several differs from run to run
    try:
        with atomic_write(path) as temporary:
            save_file(_apart(tensors), temporary, metadata={_MARK: mark})
    except SafetensorError as error:
        raise OSError(_first_line(error)) from None


def write_module(module: nn.Module, path: Path) -> None:
    """Writes the `state_dict` of a module as safetensors, whole or not at all, without a mark;
    tensors under several names once, as `safetensors.torch.load_model` reads them.

    Raises OSError.
    """
    try:
        with atomic_write(path) as temporary:
            save_model(module, str(temporary), metadata={"format": "pt"})
    except SafetensorError as error:
        raise OSError(_first_line(error)) from None


def mark_of(path: Path) -> str | None:
    """What `write_weights` wrote into the file at `path`; None where it did not write it."""
    try:
        with safe_open(path, framework="pt") as file:
            mark: str | None = (file.metadata() or {}).get(_MARK)
    except (OSError, SafetensorError):
        return None
    return mark


def _safetensors(name: str) -> Mapping[str, Tensor]:
    try:
        return load_file(name)
    except (SafetensorError, *_DAMAGED) as error:
        raise FileError(f"{name} is damaged: {_first_line(error)}") from None


def _pickled(name: str, is_zip: bool) -> Any:
    """What `torch.save` wrote, of tensors and plain values only: torch runs no code for them."""
    try:
        if is_zip:
            _refuse_other_archives(name)
        return _loaded(name, is_zip)
    except _DAMAGED as error:
        found = re.search(r"GLOBAL ([\w.]{1,200})", str(error))
        if found:
            raise FileError(
                f"{name} holds Python objects (`{found[1]}`), not tensors alone, and to read them "
                "would run code that the file names. If you trust where it comes from, save its "
                "`state_dict()` in the program that made it"
            ) from None
        raise FileError(
            f"{name} is neither a safetensors file nor one of `torch.save`, or it is damaged"
        ) from None


def _loaded(name: str, is_zip: bool) -> Any:
    settings: dict[str, Any] = {"map_location": "cpu", "weights_only": True}
    with warnings.catch_warnings():
        # torch's are about its formats: what is wrong with a file is said by what it holds
        warnings.simplefilter("ignore")
        # a path of this ending torch hands to safetensors
        if is_zip and not name.endswith(".safetensors"):
            return torch.load(name, mmap=True, **settings)
        with Path(name).open("rb") as stream:
            return torch.load(stream, **settings)


def _refuse_other_archives(name: str) -> None:
    """Refuses zip archives that `torch.save` did not write."""
    with ZipFile(name) as archive:
        entries = archive.infolist()
    if any(entry.filename.endswith("/constants.pkl") for entry in entries):
        raise FileError(
            f"{name} is a TorchScript archive: save the `state_dict()` of "
            "`torch.jit.load(FILE)` instead"
        )
    if any(entry.compress_type != ZIP_STORED for entry in entries):
        raise FileError(f"{name} is a compressed archive, which `torch.save` does not write")


def _plain(content: Mapping[Any, Any], name: str) -> Mapping[str, Tensor]:
    """`content`, where it has real, dense tensors under names and nothing else."""
    if not content:
        raise FileError(f"{name} holds no tensors")
    for key, value in content.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise FileError(
                f"{name} is no `state_dict`: it holds {describe_object(value)} under "
                f"{ascii(key)[:80]}. Save the `state_dict()` alone, or under `{WRAPPERS[0]}`"
            )
        if value.layout != torch.strided or value.is_quantized or value.is_complex():
            raise FileError(
                f"{name} holds a sparse, quantised or complex tensor under {ascii(key)[:80]}: "
                "weights are dense and real"
            )
    return content


def _apart(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors contiguous, no two of them in the same memory."""
    taken: set[int] = set()
    apart = {}
    for key, tensor in tensors.items():
        packed = tensor.contiguous()
        if packed.untyped_storage().data_ptr() in taken:
            packed = packed.clone()
        taken.add(packed.untyped_storage().data_ptr())
        apart[key] = packed
    return apart


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]
