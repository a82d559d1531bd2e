"""A compiled network beside one that a person wrote in PyTorch: where, if at all, they differ."""

from archc.runtime.verify.execution import CannotRun
from archc.runtime.verify.reference import NoReference, find_reference
from archc.runtime.verify.report import Check, Divergence, VerifyReport, report_json, report_text
from archc.runtime.verify.verify import VerifyOptions, verify

__all__ = [
    "CannotRun",
    "Check",
    "Divergence",
    "NoReference",
    "VerifyOptions",
    "VerifyReport",
    "find_reference",
    "report_json",
    "report_text",
    "verify",
]
