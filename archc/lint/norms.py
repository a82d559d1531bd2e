"""The batch normalisation that a lint is about."""

from __future__ import annotations

from archc.diagnostics import Label
from archc.lint.flow import Step


def norm_label(norm: Step) -> Label:
    """Where the data is normalised."""
    where = "here" if norm.call is None else "in this block"
    return Label(norm.place, f"normalised {where}")
