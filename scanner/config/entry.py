"""The tables of blindcopy.toml, one frozen model each, and what a value must be."""

import ipaddress
import re
from datetime import date
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import idna
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from scanner.language import ENGLISH, Language
from scanner.review import known_regimes

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


def is_address(text: str) -> bool:
    """Tell whether a text is a bare mail address."""
    try:
        _address(text)
    except ValueError:
        return False
    return True


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError('must be a time zone of the IANA list such as "Europe/Berlin" or "UTC"') from error
    return name


def _https(url: str) -> str:
    if not re.fullmatch(r"https://[A-Za-z0-9.-]+/?", url.strip()):
        raise ValueError("must be an address such as https://login.microsoftonline.com, without a path")
    return url.strip().rstrip("/")


def _identifier(text: str) -> str:
    # It stands in commands that an administrator runs: nothing in it may act there.
    if not re.fullmatch(r"[A-Za-z0-9.-]*", text.strip()):
        raise ValueError("must be an id such as 1b4e28ba-2fa1-11d2-883f-0016d3cca427, or a domain")
    return text.strip()


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


class AccountTable(Table):
    """One `[[account]]`: a login to crawl, or a file or folder of mail. Passwords come from elsewhere."""

    name: SomeText
    source: Text = ""
    """An mbox, Maildir, folder, zip or PST file that is read in place of a server."""

    host: Text = ""
    """May be left out where `auth` names the provider."""

    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: Literal["tls", "starttls", "none"] = "tls"
    user: Text = ""
    """The login; with `source`, if anything, the address whose mail it is."""

    as_user: Text = ""
    auth: Literal["password", "plain", "microsoft", "google"] = "password"
    password_env: SomeText | None = None
    password_command: Annotated[tuple[SomeText, ...], Field(min_length=1)] | SomeText | None = None
    """With auth = "microsoft" these two give the client secret, or the pass phrase of the certificate's key."""

    password_credential: SomeText | None = None
    """Name of a credential that systemd hands over (LoadCredential)."""

    keyring: SomeText | None = None
    """Name of the service under which the system's keyring keeps the password of `user`."""

    tenant: Annotated[str, AfterValidator(_identifier)] = ""
    """Of Microsoft Entra: id or domain."""

    client_id: Annotated[str, AfterValidator(_identifier)] = ""
    certificate: Text = ""
    """PEM file with private key and certificate of the application."""

    flow: Literal["application", "device"] = "application"
    authority: Annotated[str, AfterValidator(_https)] = "https://login.microsoftonline.com"
    key_file: Text = ""
    """A Google service account's key, JSON."""

    ca_file: Text = ""
    compress: Literal["auto", "always", "never"] = "auto"
    """Whether the connection is compressed; auto = where the server offers it, beyond loopback."""

    mailboxes: Globs = ()
    """Names of mailboxes that are read as sent ones, in addition to those that are found."""

    scope: Literal["sent", "ours"] = "sent"
    """ours = all mailboxes are read for mail of ours."""

    label: Text = ""
    unit: Text = ""
    timeout: Annotated[float, Field(ge=1, le=3600)] = 60.0
    """Seconds without an answer."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.unit and not self.label:
            raise ValueError("`unit` needs a `label`")
        if self.source:
            stray = sorted(self.model_fields_set - _SOURCE_KEYS)
            if stray:
                raise ValueError(f"`{stray[0]}` is for servers; an account has either `source` or `host` and `user`")
            return self
        if not self.user:
            raise ValueError("`user` is missing")
        if not self.host and self.auth not in _TOKEN_KEYS:
            raise ValueError("`host` is missing")
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError(
                'security = "none" would send the password in plain text; '
                'it is allowed on loopback only, use "tls" or "starttls"'
            )
        sources = [key for key in _SECRET_SOURCES if getattr(self, key)]
        if len(sources) > 1:
            raise ValueError(f"both {sources[0]} and {sources[1]} are set; keep one of them")
        self._check_token_keys()
        return self

    def _check_token_keys(self) -> None:
        """Hold the keys of Microsoft and Google to the `auth` they belong to."""
        for auth, keys in _TOKEN_KEYS.items():
            if auth != self.auth and (stray := [key for key in keys if key in self.model_fields_set]):
                raise ValueError(f'`{stray[0]}` is for auth = "{auth}"')
        if self.auth in _TOKEN_KEYS and self.as_user:
            raise ValueError(f'`as_user` is not for auth = "{self.auth}": name the mailbox that is read as `user`')
        if self.auth == "microsoft":
            self._check_microsoft()
        if self.auth == "google" and not self.key_file:
            raise ValueError('auth = "google" needs `key_file`, the key of a service account')

    def _check_microsoft(self) -> None:
        missing = [key for key in ("tenant", "client_id") if not getattr(self, key)]
        if missing:
            raise ValueError(f'auth = "microsoft" needs `{missing[0]}`')
        if self.flow == "device" and (self.certificate or any(getattr(self, key) for key in _SECRET_SOURCES)):
            raise ValueError('flow = "device" needs neither secret nor certificate: a person signs in')


_SOURCE_KEYS = frozenset({"name", "source", "user", "mailboxes", "scope", "label", "unit"})
_SECRET_SOURCES = ("password_env", "password_command", "password_credential", "keyring")
_TOKEN_KEYS = {
    "microsoft": ("tenant", "client_id", "certificate", "flow", "authority"),
    "google": ("key_file",),
}


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


class ReviewTable(Table):
    """`[review]`: which rules of telling apply to the organisation."""

    regimes: Annotated[tuple[SomeText, ...], BeforeValidator(_listed)] = ("gdpr",)
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
