"""archc compiles neural-network architectures, written as YAML, to PyTorch.

A name is imported when it is asked for: `archc explain` starts without the compiler.
"""

from importlib import import_module

TYPE_CHECKING = False  # as in `typing`, which takes longer to start than all the rest here

if TYPE_CHECKING:
    from archc.compiler import Spec, check, compile, save_weights, to_source  # noqa: A004
    from archc.diagnostics import Diagnostic, SpecError
    from archc.network import Network
    from archc.source import FileError
    from archc.weights.error import WeightsError

__all__ = [
    "Diagnostic",
    "FileError",
    "Network",
    "Spec",
    "SpecError",
    "WeightsError",
    "check",
    "compile",
    "save_weights",
    "to_source",
]
_MODULES = {
    "Diagnostic": "diagnostics",
    "FileError": "source",
    "Network": "network",
    "Spec": "compiler",
    "SpecError": "diagnostics",
    "WeightsError": "weights.error",
    "check": "compiler",
    "compile": "compiler",
    "save_weights": "compiler",
    "to_source": "compiler",
}
"""The module that holds each name."""


if not TYPE_CHECKING:  # for which any name would exist

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"archc.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
