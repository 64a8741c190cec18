"""The settings as one frozen object, and the plain values that the stages receive from it."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from scanner.addresses import address_key
from scanner.config.account_entry import SECRET_SOURCES, AccountTable
from scanner.config.entry import (
    ExcludeTable,
    GroupTable,
    LabelTable,
    ListTable,
    MandateTable,
    OrganisationTable,
    PartnerTable,
    PolicyTable,
    ProtectedTable,
    ReviewTable,
    ScanTable,
    ServerTable,
    StoreTable,
)
from scanner.config.keyring import keyring_source
from scanner.config.list_csv import MemberNames, read_members
from scanner.config.policy import end_moment, first_moment, make_policy
from scanner.config.register_csv import ClientRegister, read_register, register_remarks
from scanner.config.secret import password_source
from scanner.config.value import Text
from scanner.crawl.sign_in.microsoft import RESOURCE, MicrosoftApp
from scanner.model import Account, AddressKey, MemberList, Policy

_WHERE_SECRETS_ARE = (*SECRET_SOURCES, "certificate", "key_file")
_BYTES_PER_DAY = dict.fromkeys(("imap.gmail.com", "imap.googlemail.com"), 2_000_000_000)
"""Gmail locks an account that downloads 2.5 GB on one day; other programs of its owner download, too."""

_DEFAULT_HOSTS = {"microsoft": "outlook.office365.com", "google": "imap.gmail.com"}
_DEFAULT_PORTS = {"tls": 993, "starttls": 143, "none": 143}

_FILES_AT_ONCE = 2
"""Files are read as fast as this process can: more of them would only keep it from the servers."""


class _NestedEnvironment(EnvSettingsSource):
    """Variables such as BLINDCOPY_STORE__URL; whole tables in one variable are not read."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)
        # BLINDCOPY_STORE and BLINDCOPY_CONFIG are paths of other readers, not JSON of a table.
        self.env_vars = {name: value for name, value in self.env_vars.items() if "__" in name}


class Settings(BaseSettings):
    """
    What blindcopy.toml and the environment say, checked.

    Made by `load_settings` only, which turns errors into one line. A variable
    such as BLINDCOPY_STORE__URL takes the place of the key of that name.
    """

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        env_prefix="BLINDCOPY_",
        env_nested_delimiter="__",
    )

    organisation: OrganisationTable
    mandate: MandateTable = Field(default_factory=MandateTable)
    store: StoreTable = Field(default_factory=StoreTable)
    scan: ScanTable = Field(default_factory=ScanTable)
    server: tuple[ServerTable, ...] = ()
    account: tuple[AccountTable, ...] = ()
    """Those of the file, then those of `accounts_csv` in its order."""

    accounts_csv: Text = ""
    policy: PolicyTable = Field(default_factory=PolicyTable)
    review: ReviewTable = Field(default_factory=ReviewTable)
    protected: tuple[ProtectedTable, ...] = ()
    label: tuple[LabelTable, ...] = ()
    group: tuple[GroupTable, ...] = ()
    partner: tuple[PartnerTable, ...] = ()
    exclude: tuple[ExcludeTable, ...] = ()
    list: tuple[ListTable, ...] = ()
    clients_csv: Text = ""
    """The client register: who the people behind addresses are."""

    _folder: Path = PrivateAttr(default_factory=Path.cwd)
    _lists: tuple[MemberList, ...] = PrivateAttr(default=())
    _member_names: MemberNames = PrivateAttr(default_factory=dict)
    _clients: ClientRegister = PrivateAttr(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, whose content arrives as arguments."""
        return (_NestedEnvironment(settings_cls), init_settings)

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        if not self.organisation.domains and not self.organisation.addresses:
            raise ValueError(
                "[organisation] names no own domain and no own address, so nobody could be told inside from outside"
            )
        addresses = [address_key(table.address) for table in self.list]
        for index, address in enumerate(addresses):
            if address in addresses[:index]:
                raise ValueError(
                    f"[[list]] {index + 1} has the same address as [[list]] {addresses.index(address) + 1}"
                )
        names = [account.name for account in self.account]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise ValueError(f"[[account]] {index + 1} has the same name as [[account]] {names.index(name) + 1}")
        return self

    def in_folder(self, folder: Path) -> Self:
        """Return the same settings with relative paths meant from `folder`."""
        self._folder = folder.absolute()
        return self

    def with_files(self) -> Self:
        """
        Return the same settings with the files read that decide what counts: members of lists, the client register.

        Raises:
            SettingsError: One of them cannot be read, or a row of it cannot be meant.
        """
        lists = []
        names: dict[AddressKey, set[str]] = {}
        for table in self.list:
            read = read_members(Path(self._path(table.members)))
            as_of = table.as_of.isoformat() if table.as_of else read.changed
            lists.append(MemberList(address_key(table.address), read.addresses, as_of))
            for key, called in read.names.items():
                names.setdefault(key, set()).update(called)
        self._lists = tuple(lists)
        self._member_names = {key: tuple(sorted(called)) for key, called in names.items()}
        if self.clients_csv:
            self._clients = read_register(Path(self._path(self.clients_csv)))
        return self

    def register_remarks(self) -> tuple[str, ...]:
        """Return what somebody should know about the client register, a line each with file and line."""
        return tuple(register_remarks(Path(self._path(self.clients_csv)))) if self.clients_csv else ()

    @property
    def clients(self) -> ClientRegister:
        """The client register; empty when there is none."""
        return self._clients

    @property
    def member_names(self) -> MemberNames:
        """What the files of lists call their members; of all lists together. The policy holds addresses only."""
        return self._member_names

    @property
    def time_zone(self) -> str:
        """IANA name of the organisation's time zone."""
        return self.organisation.time_zone

    @property
    def store_url(self) -> str:
        """
        Where the store is: an absolute path, or an SQLAlchemy URL of another database.

        Relative paths are meant from the folder of the settings file.
        """
        url = re.sub(r"^sqlite(\+pysqlite)?:///", "", self.store.url)
        return url if "://" in url else str(self._folder / Path(url).expanduser())

    @property
    def pseudonym_key_file(self) -> Path:
        """Where the key of the pseudonyms lies: beside a store that is a file, else beside the settings."""
        url = self.store_url
        return self._folder / "blindcopy.key" if "://" in url else Path(f"{url}.key")

    @property
    def sha256(self) -> str:
        """Hash of the settings without secrets, 64 hex digits; a run records it."""
        content = self.model_dump(mode="json", by_alias=True)
        # What a password is fetched with may itself be telling, and does not change what is scanned.
        for account in content["account"]:
            for key in _WHERE_SECRETS_ARE:
                del account[key]
        content["store"]["url"] = re.sub(r"(?<=://)([^/@:]*):[^@/]*@", r"\1@", content["store"]["url"])
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def mandate_dict(self) -> Mapping[str, str]:
        """Return the parts of the mandate that are set, as text; empty when there is none."""
        content = self.mandate.model_dump(mode="json", by_alias=True)
        return {key: value for key, value in content.items() if value}

    def accounts(self) -> tuple[Account, ...]:
        """Return the accounts in the order of the file; their number is their place in it, from 1."""
        period = (first_moment(self.mandate.from_day, self.zone), end_moment(self.mandate.until, self.zone))
        return tuple(self._account(table, *period) for table in self.account)

    @property
    def zone(self) -> ZoneInfo:
        """The organisation's time zone."""
        return ZoneInfo(self.time_zone)

    def _account(self, table: AccountTable, sent_from: int | None, sent_until: int | None) -> Account:
        excluded = tuple(
            (entry.mailbox, entry.reason) for entry in self.exclude if fnmatchcase(table.name, entry.account)
        )
        host = table.host or _DEFAULT_HOSTS.get(table.auth, "")
        return Account(
            name=table.name,
            host=host,
            bytes_per_day=self._bytes_per_day(host),
            port=table.port or _DEFAULT_PORTS[table.security],
            user=table.user,
            security=table.security,
            as_user=table.as_user,
            auth=table.auth,
            ca_file=self._path(table.ca_file),
            source=self._path(table.source),
            compress=table.compress,
            mailboxes=table.mailboxes,
            scope=table.scope,
            excluded=excluded,
            sent_from=sent_from,
            sent_until=sent_until,
            timeout=table.timeout,
        )

    def connections_to(self, host: str) -> int:
        """Return how many connections to a host may be open; for files, "", how many are read at the same time."""
        if not host:
            return _FILES_AT_ONCE
        return next(
            (one.connections for one in self.server if one.connections and one.host.lower() == host.lower()),
            self.scan.connections_per_server,
        )

    def _bytes_per_day(self, host: str) -> int | None:
        """Return how many bytes each account of a host may receive on one UTC day, None without limit."""
        return next(
            (one.bytes_per_day for one in self.server if one.bytes_per_day and one.host.lower() == host.lower()),
            _BYTES_PER_DAY.get(host.lower()),
        )

    def password_for(self, name: str) -> Callable[[], str] | None:
        """
        Return a function that fetches an account's password, or None when a person must be asked.

        The password is fetched at the call, never kept. A command runs in the
        folder of the settings file.

        Raises:
            KeyError: No account has this name.
        """
        number, table = self._table(name)
        if table.keyring is not None:
            return keyring_source(number, table.keyring, table.user)
        return password_source(
            number, table.password_env, table.password_command, table.password_credential, folder=self._folder
        )

    def secret_place(self, name: str) -> tuple[str, ...]:
        """
        Return where an account's password comes from: accounts of the same place have the same.

        Raises:
            KeyError: No account has this name.
        """
        _, table = self._table(name)
        return tuple(str(getattr(table, key)) for key in _WHERE_SECRETS_ARE)

    def microsoft_app(self, name: str) -> MicrosoftApp:
        """
        Return the application that gets tokens for an account with auth = "microsoft".

        Raises:
            KeyError: No account has this name.
        """
        _, table = self._table(name)
        # Exchange of a sovereign cloud wants tokens for itself: outlook.office365.us, partner.outlook.cn.
        is_cloud = re.search(r"(?:^|\.)outlook\.", table.host) is not None
        return MicrosoftApp(
            tenant=table.tenant,
            client_id=table.client_id,
            authority=table.authority,
            resource=f"https://{table.host}" if is_cloud else RESOURCE,
            certificate=self._path(table.certificate),
            by_device=table.flow == "device",
        )

    def key_file(self, name: str) -> str:
        """
        Return the path of the service account's key of an account with auth = "google".

        Raises:
            KeyError: No account has this name.
        """
        return self._path(self._table(name)[1].key_file)

    def _table(self, name: str) -> tuple[int, AccountTable]:
        for number, table in enumerate(self.account, 1):
            if table.name == name:
                return number, table
        raise KeyError(name)

    def _path(self, written: str) -> str:
        """Return a path of the settings as meant from the folder of their file; "" stays ""."""
        return str(self._folder / Path(written).expanduser()) if written else ""

    def to_policy(self) -> Policy:
        """Return what decides: who is inside, what is sensitive or approved, from where on mail is queued."""
        return make_policy(self, self._lists, self._clients)
