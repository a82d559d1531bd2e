"""Network to a spec without blocks' parameters, loops, conditions and expressions."""

from archc.emit.spec.write import HiddenInput, spec_text

__all__ = ["HiddenInput", "spec_text"]
