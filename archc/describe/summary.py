"""The one line that tells what an operation or block is for."""

from __future__ import annotations

import re
from inspect import cleandoc

from archc.document.loader import builtin_block
from archc.ops import operation_class

_END_OF_SUMMARY = re.compile(r"\. |: (?=`|the shape stays)|\n\n")


def operation_words(name: str) -> str:
    """All that an operation's class says of it."""
    return cleandoc(operation_class(name).__doc__ or "")


def operation_summary(name: str) -> str:
    """What an operation's class says first, without the shapes: `2-D convolution.`"""
    first = _END_OF_SUMMARY.split(operation_words(name), maxsplit=1)[0]
    return " ".join(first.split()).removesuffix(".") + "."


def block_summary(name: str) -> str:
    """What a built-in block says of itself."""
    return builtin_block(name).body.summary or ""
