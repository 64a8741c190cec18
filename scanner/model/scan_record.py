"""A scan as the store remembers it: when, by which version, against which servers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScannedAccount:
    """One account of a scan."""

    account: str
    state: str
    server: str
    """As it named itself; "" = it was not reached, or the source is no server."""

    tls: str
    """Version and cipher of the connection; "" = none."""


@dataclass(frozen=True, slots=True)
class ScanRecord:
    """One scan; moments are seconds since 1970-01-01 UTC."""

    number: int
    started_at: int
    ended_at: int | None
    state: str
    tool_version: str
    settings_sha256: str
    accounts: tuple[ScannedAccount, ...]
    """By name."""
