"""Network to stand-alone PyTorch source."""

from archc.emit.python.write import python, root_class

__all__ = ["python", "root_class"]
