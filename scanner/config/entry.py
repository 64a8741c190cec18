"""The tables of blindcopy.toml, one frozen model each."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from scanner.config.value import (
    Address,
    Addresses,
    Domain,
    Domains,
    Globs,
    SomeText,
    Text,
    listed,
    zone_name,
)
from scanner.language import ENGLISH, Language
from scanner.review import known_regimes


class Table(BaseModel):
    """Base of all tables: frozen, unknown keys refused, no input in errors (it may be a secret)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=False)


class OrganisationTable(Table):
    """`[organisation]`: who is inside."""

    name: Text = ""
    domains: Domains = ()
    addresses: Addresses = ()
    sister_domains: Domains = ()
    list_addresses: Addresses = ()
    """Addresses known to be mailing lists, besides those that List-Post fields name."""

    time_zone: Annotated[str, AfterValidator(zone_name)] = "UTC"
    language: Language = ENGLISH
    """Of reports."""


class MandateTable(Table):
    """`[mandate]`: who ordered the reading of mail, why, and for which period."""

    ordered_by: Text = ""
    purpose: Text = ""
    legal_basis: Text = ""
    from_day: date | None = Field(default=None, alias="from")
    until: date | None = None
    """The last day included."""

    consulted: Text = ""

    @model_validator(mode="after")
    def _check_period(self) -> Self:
        if self.from_day and self.until and self.until < self.from_day:
            raise ValueError("`until` lies before `from`")
        return self


class StoreTable(Table):
    """`[store]`: where the collected metadata lies."""

    url: SomeText = "blindcopy.db"
    keep: Literal["all"] = "all"


class ScanTable(Table):
    """`[scan]`: how much of this machine and of the servers a scan takes."""

    accounts_at_once: Annotated[int, Field(ge=1, le=64)] = 8
    """Accounts read at the same time, one connection each."""

    connections_per_server: Annotated[int, Field(ge=1, le=64)] = 8
    """To one host, of all its accounts together: Dovecot allows 10 per user and address, Exchange about 8."""


class ServerTable(Table):
    """One `[[server]]`: a host with limits of its own."""

    host: SomeText
    connections: Annotated[int, Field(ge=1, le=64)] | None = None
    bytes_per_day: Annotated[int, Field(ge=1)] | None = None
    """Bytes that each account may receive on one UTC day, as they come over the wire."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.connections is None and self.bytes_per_day is None:
            raise ValueError("needs `connections` or `bytes_per_day`")
        return self


class PolicyTable(Table):
    """`[policy]`: from where on mail is queued."""

    queue_floor: Annotated[int, Field(ge=2, le=1_000_000)] = 5
    queue_score: Annotated[int, Field(ge=-1000, le=1000)] = 0
    window_days: Annotated[int, Field(ge=1, le=31)] = 14


class ReviewTable(Table):
    """`[review]`: which rules of telling apply to the organisation."""

    regimes: Annotated[tuple[SomeText, ...], BeforeValidator(listed)] = ("gdpr",)
    """Ids of scanner/review/regimes.toml; none = no deadlines."""

    sign_off: bool = False
    """A confirmation, a dismissal or a ruling counts only when a second person has signed it."""

    @field_validator("regimes")
    @classmethod
    def _check_regimes(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in known_regimes():
                raise ValueError(f"{name} is no regime; known are {', '.join(sorted(known_regimes()))}")
        return names


class _PatternTable(Table):
    """What an entry applies to: exactly one of the keys, one glob or a list of them."""

    def patterns(self) -> tuple[tuple[str, str], ...]:
        """Return (key, glob) pairs in the order written."""
        for key in self._pattern_keys():
            globs: tuple[str, ...] = getattr(self, key)
            if globs:
                return tuple((key, glob) for glob in globs)
        return ()

    @classmethod
    def _pattern_keys(cls) -> tuple[str, ...]:
        order = ("mailbox", "account", "sender", "list", "subject", "domain", "addresses")
        return tuple(key for key in order if key in cls.model_fields)

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        given = [key for key in self._pattern_keys() if getattr(self, key)]
        if len(given) != 1:
            wanted = ", ".join(self._pattern_keys())
            raise ValueError(f"needs exactly one of {wanted}" + (f"; {' and '.join(given)} are set" if given else ""))
        return self


class ProtectedTable(_PatternTable):
    """One `[[protected]]`: insiders whom exposure can harm."""

    name: SomeText
    domain: Globs = ()
    addresses: Globs = ()
    mailbox: Globs = ()
    account: Globs = ()
    sender: Globs = ()


class LabelTable(_PatternTable):
    """One `[[label]]`: how sensitive a source or subject is."""

    name: SomeText
    mailbox: Globs = ()
    account: Globs = ()
    sender: Globs = ()
    list: Globs = ()
    subject: Globs = ()
    unit: Text = ""


class ListTable(Table):
    """One `[[list]]`: a list address whose members are known."""

    address: Address
    members: SomeText
    """A CSV with a column `address`, beside the settings."""

    as_of: date | None = None
    """The day the members were read out; None = the day the file was last changed."""


class GroupTable(Table):
    """One `[[group]]`: people who agreed to see each other."""

    name: SomeText
    members: Addresses = ()
    domain: Domains = ()
    owner: SomeText
    reason: SomeText
    since: date | None = None
    expires: date | None = None
    """The last day on which the approval holds."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.members and not self.domain:
            raise ValueError("needs `members` or `domain`")
        check_period(self.since, self.expires)
        return self


class PartnerTable(Table):
    """One `[[partner]]`: an organisation that mail is shared with as a matter of course."""

    domain: Domain
    reason: SomeText
    since: date | None = None
    expires: date | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_period(self.since, self.expires)
        return self


def check_period(since: date | None, expires: date | None) -> None:
    """
    Refuse an approval that ends before it begins.

    Raises:
        ValueError: `expires` is earlier than `since`.
    """
    if since and expires and expires < since:
        raise ValueError("`expires` lies before `since`")


class ExcludeTable(Table):
    """One `[[exclude]]`: a mailbox that must not be read, and why."""

    mailbox: SomeText
    account: SomeText = "*"
    reason: SomeText
