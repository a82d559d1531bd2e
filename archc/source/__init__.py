"""YAML that remembers where everything was written: texts and files to `Source`."""

from archc.source.collector import uncollected
from archc.source.files import FileError, open_file, read, read_bytes, read_file
from archc.source.limits import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_DIAGNOSTICS,
    MAX_DIGITS,
    MAX_SCALAR,
    MAX_VALUES,
)
from archc.source.source import Source, YamlPath

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_DIAGNOSTICS",
    "MAX_DIGITS",
    "MAX_SCALAR",
    "MAX_VALUES",
    "FileError",
    "Source",
    "YamlPath",
    "open_file",
    "read",
    "read_bytes",
    "read_file",
    "uncollected",
]
