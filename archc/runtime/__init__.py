"""What needs torch: running emitted source."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needed(package: str) -> Iterator[None]:
    """Around an import: says which `package` to install, where it fails."""
    try:
        yield
    except ImportError as error:
        message = f"this needs {package}: `pip install {package}` ({error})"
        raise ImportError(message, name=package) from None


with needed("torch"):
    import torch  # noqa: F401  (before all that need it)
