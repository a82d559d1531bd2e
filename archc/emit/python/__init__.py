"""Network to stand-alone PyTorch source."""

from archc.emit.python.write import python

__all__ = ["python"]
