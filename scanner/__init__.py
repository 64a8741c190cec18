"""Find the mail that should have been blind-copied."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scanner.frames import open_store

__version__ = "0.1.0"
__all__ = ["__version__", "open_store"]


def __getattr__(name: str) -> Any:
    # PEP 562: commands must not pay for pandas, notebooks want scanner.open_store.
    if name == "open_store":
        from scanner.frames import open_store

        return open_store
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
