"""Network to stand-alone PyTorch source."""

from archc.emit.python.write import MARK, python, root_class

__all__ = ["MARK", "python", "root_class"]
