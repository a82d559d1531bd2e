"""What archc says about a spec, and how it says it."""

from archc.diagnostics.catalogue import CATALOGUE, Code
from archc.diagnostics.diagnostic import (
    Diagnostic,
    File,
    Fix,
    Label,
    Place,
    Proposal,
    Span,
    SpecError,
)
from archc.diagnostics.suggest import suggest

__all__ = [
    "CATALOGUE",
    "Code",
    "Diagnostic",
    "File",
    "Fix",
    "Label",
    "Place",
    "Proposal",
    "Span",
    "SpecError",
    "suggest",
]
