"""The tables of blindcopy.toml, one frozen model each, and what a value must be."""

import ipaddress
from datetime import date
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import idna
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

Text = Annotated[str, StringConstraints(strip_whitespace=True)]
SomeText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def domain_key(domain: str) -> str:
    """
    Return a domain as lower-case A-labels (IDNA 2008 with the uts46 mapping).

    Raises:
        ValueError: It is no domain name; the message says what is wrong.
    """
    name = domain.strip().lstrip("@").rstrip(".")
    if not name or "@" in name or "*" in name or "/" in name or any(map(str.isspace, name)):
        raise ValueError("must be a domain such as corp.example, without @, * or spaces; its sub-domains are included")
    try:
        return idna.encode(name, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError("must be a domain name such as corp.example") from error


def _address(text: str) -> str:
    local, at, host = text.strip().rpartition("@")
    if not at or not local or not host or any(map(str.isspace, text.strip())):
        raise ValueError("must be a mail address such as office@corp.example")
    domain_key(host)
    return text.strip()


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError('must be a time zone of the IANA list such as "Europe/Berlin" or "UTC"') from error
    return name


def _listed(value: Any) -> Any:
    # One text where a list is allowed is what people write first.
    return [value] if isinstance(value, str) else value


Domain = Annotated[str, AfterValidator(domain_key)]
Address = Annotated[str, AfterValidator(_address)]
Globs = Annotated[tuple[SomeText, ...], BeforeValidator(_listed)]
Addresses = Annotated[tuple[Address, ...], BeforeValidator(_listed)]
Domains = Annotated[tuple[Domain, ...], BeforeValidator(_listed)]


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

    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"


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


class AccountTable(Table):
    """One `[[account]]`: a login to crawl. Passwords come from elsewhere."""

    name: SomeText
    host: SomeText
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: Literal["tls", "starttls", "none"] = "tls"
    user: SomeText
    as_user: Text = ""
    auth: Literal["password", "plain"] = "password"
    password_env: SomeText | None = None
    password_command: Annotated[tuple[SomeText, ...], Field(min_length=1)] | SomeText | None = None
    ca_file: Text = ""
    mailboxes: Globs = ()
    """Names of sent mailboxes; they win over what is found."""

    scope: Literal["sent"] = "sent"
    label: Text = ""
    unit: Text = ""
    timeout: Annotated[float, Field(ge=1, le=3600)] = 60.0
    """Seconds without an answer."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError(
                'security = "none" would send the password in plain text; '
                'it is allowed on loopback only, use "tls" or "starttls"'
            )
        if self.password_env and self.password_command:
            raise ValueError("both password_env and password_command are set; keep one of them")
        if self.unit and not self.label:
            raise ValueError("`unit` needs a `label`")
        return self


def is_loopback(host: str) -> bool:
    """Tell whether a host name or IP address never leaves this machine (RFC 6761, 6.3; RFC 1122, 3.2.1.3)."""
    name = host.strip().strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class PolicyTable(Table):
    """`[policy]`: from where on mail is queued."""

    queue_floor: Annotated[int, Field(ge=2, le=1_000_000)] = 5
    queue_score: Annotated[int, Field(ge=-1000, le=1000)] = 0
    window_days: Annotated[int, Field(ge=1, le=31)] = 14


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
