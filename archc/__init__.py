"""archc compiles neural-network architectures, written as YAML, to PyTorch."""

from archc.compiler import Spec, check, compile, to_source  # noqa: A004
from archc.diagnostics import Diagnostic, SpecError
from archc.network import Network
from archc.source import FileError

__all__ = [
    "Diagnostic",
    "FileError",
    "Network",
    "Spec",
    "SpecError",
    "check",
    "compile",
    "to_source",
]
