"""Specs as YAML."""

from __future__ import annotations

import random
import re

import yaml

from random_networks.calls import Data


class _Loader(yaml.SafeLoader):
    """YAML 1.2 has `1e-5` for a number."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), [*"-+0123456789"]
)


def loaded(text: str) -> Data:
    """What YAML holds."""
    return yaml.load(text, _Loader)  # noqa: S506 (a safe loader)


def written(spec: Data, dice: random.Random | None = None) -> str:
    """`spec` as YAML, in block or flow style."""
    style = dice.choice([None, None, False, True]) if dice else None
    return yaml.safe_dump(
        _unshared(spec), sort_keys=False, default_flow_style=style, width=10**6, allow_unicode=True
    )


def _unshared(data: Data) -> Data:
    """`data` with nothing shared, which YAML would write as an alias."""
    if isinstance(data, dict):
        return {key: _unshared(value) for key, value in data.items()}
    return [_unshared(value) for value in data] if isinstance(data, list | tuple) else data
