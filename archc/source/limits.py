"""What a file may be at most."""

MAX_BYTES = 8 * 1024 * 1024
"""The size of a file."""

MAX_DEPTH = 64
"""How deep lists and mappings nest."""

MAX_SCALAR = 10_000
"""The characters of one value."""

MAX_DIGITS = 18
"""The digits of a whole number."""

MAX_VALUES = 1_000_000
"""The values of a file, keys, lists and mappings among them."""

MAX_DIAGNOSTICS = 100
"""How much wrong with a text is reported at once."""
