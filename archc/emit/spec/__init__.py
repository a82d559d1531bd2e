"""Network to a spec without blocks' parameters, loops, conditions and expressions."""

from archc.emit.spec.write import spec_text

__all__ = ["spec_text"]
