"""A key of a file as messages show it."""

LONGEST = 200
"""How many characters of a key are shown to people."""


def key_text(key: str) -> str:
    """A key on one line, with nothing that moves a terminal, and not endless."""
    text = key if key.isprintable() else ascii(key)[1:-1]
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
