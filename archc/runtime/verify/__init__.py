"""A compiled network beside one that a person wrote in PyTorch: where, if at all, they part."""

from archc.runtime.verify.reference import NoReference, find_reference
from archc.runtime.verify.report import Check, Parting, Report
from archc.runtime.verify.text import report_json, report_text
from archc.runtime.verify.trial import CannotRun
from archc.runtime.verify.verify import Question, verify

__all__ = [
    "CannotRun",
    "Check",
    "NoReference",
    "Parting",
    "Question",
    "Report",
    "find_reference",
    "report_json",
    "report_text",
    "verify",
]
