"""What a text imports: noted where a name is written, for names of a spec may be any word."""

from __future__ import annotations

import ast

_LIBRARY = {
    "OrderedDict": "from collections import OrderedDict",
    "Any": "from typing import Any",
}

_TORCH = {
    "torch": "import torch",
    "F": "import torch.nn.functional as F",
    "Tensor": "from torch import Tensor, nn",
    "nn": "from torch import nn",
    "skip_init": "from torch.nn.utils import skip_init",
}


class Imports:
    """The names of other modules that a text uses, each noted by what writes it."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def use(self, name: str) -> str:
        """Notes a dotted name and gives it back: `torch.cat` needs `torch`."""
        self._used.add(name.partition(".")[0])
        return name

    def use_all(self, source: str) -> str:
        """Notes every name in a source that is not made from a spec, and gives it back."""
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Name):
                self.use(node.id)
        return source

    def lines(self) -> list[str]:
        """The statements, those of the standard library apart."""
        library = [line for name, line in _LIBRARY.items() if name in self._used]
        used = self._used - {"nn"} if "Tensor" in self._used else self._used | {"nn"}
        torch = [line for name, line in _TORCH.items() if name in used]
        return [*library, *([""] if library else []), *torch]
