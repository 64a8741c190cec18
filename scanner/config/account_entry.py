"""The table `[[account]]` of blindcopy.toml: a server and how to sign in, or a file of mail."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from scanner.addresses.host import is_loopback
from scanner.config.entry import Table
from scanner.config.value import Globs, SomeText, Text, https_url, identifier

_SOURCE_KEYS = frozenset({"name", "source", "user", "mailboxes", "scope", "label", "unit"})
SECRET_SOURCES = ("password_env", "password_command", "password_credential", "keyring")
"""Keys that say where a password or secret is."""

_TOKEN_KEYS = {
    "microsoft": ("tenant", "client_id", "certificate", "flow", "authority"),
    "google": ("key_file",),
}


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

    tenant: Annotated[str, AfterValidator(identifier)] = ""
    """Of Microsoft Entra: id or domain."""

    client_id: Annotated[str, AfterValidator(identifier)] = ""
    certificate: Text = ""
    """PEM file with private key and certificate of the application."""

    flow: Literal["application", "device"] = "application"
    authority: Annotated[str, AfterValidator(https_url)] = "https://login.microsoftonline.com"
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
        sources = [key for key in SECRET_SOURCES if getattr(self, key)]
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
        if self.flow == "device" and (self.certificate or any(getattr(self, key) for key in SECRET_SOURCES)):
            raise ValueError('flow = "device" needs neither secret nor certificate: a person signs in')
