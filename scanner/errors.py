"""
Every error that Blindcopy raises on purpose, and the exit codes.

    ScannerError
    ├── UsageError            a command was called with something it cannot use
    │   └── UnknownIncidentError
    ├── SettingsError         blindcopy.toml, the environment or a file it names
    ├── StoreError            the store cannot be used
    │   ├── StoreMissingError
    │   ├── StoreVersionError
    │   ├── StoreBusyError    another scan holds the lock
    │   └── StoreFullError    no space left on the device
    ├── ExportError           a report cannot be written
    │   ├── OutputExistsError
    │   └── PseudonymKeyError
    └── AccountError          one account cannot be scanned; the others go on
        ├── HostNotFoundError
        ├── HostRefusedError
        ├── CertificateError
        ├── EncryptionError   the server offers no TLS where TLS is asked for
        ├── CompressionError  the server offers no compression where it is asked for
        ├── PasswordMissingError  no password could be had for it
        ├── SignInError       never tried again: repeated failures lock accounts
        │   ├── AccountClosedError  known to the server, but not let into this account
        │   ├── ImapOffError        IMAP is switched off for this account
        │   └── NoLicenceError      there is no mailbox, for want of a licence as a rule
        ├── PermissionDeniedError
        ├── NoSentMailboxError
        ├── MailboxMissingError
        ├── SourceError       a file or folder of mail cannot be read
        │   └── SourceMissingError
        ├── ServerBusyError   throttled or unavailable; worth another try later
        ├── BudgetSpentError  it has received as much as it may on one day
        ├── ServerTimeoutError
        ├── ConnectionLostError
        └── ProtocolError     the server said something that IMAP does not allow

A message answers three questions: what happened, where, and what to do.
Messages hold no address, subject or secret of the mail that is examined.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended; scripts and cron jobs rely on these."""

    COMPLETE = 0
    GAPS = 1
    FAILED = 2
    NEW_INCIDENTS = 3
    INTERRUPTED = 130
    TERMINATED = 143


class ScannerError(Exception):
    """
    Base of all errors that are shown to a person as one line.

    Args:
        what: What happened, a clause without a full stop.

        where: The file, account, mailbox or option concerned; may be empty.

        remedy: What to do next, an imperative sentence; may be empty.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where, remedy)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        # One line, whatever a server or a file put into the parts.
        return " ".join((f"{text}. {self.remedy}" if self.remedy else f"{text}.").split())


class UsageError(ScannerError):
    """A command was called with something it cannot use."""


class UnknownIncidentError(UsageError):
    """No incident has the key that was given."""


class SettingsError(ScannerError):
    """The settings, the environment or a file they name cannot be used."""


class StoreError(ScannerError):
    """The store cannot be used."""


class StoreMissingError(StoreError):
    """There is no store where the settings say."""


class StoreVersionError(StoreError):
    """The store was made by a newer Blindcopy, or needs an upgrade first."""


class StoreBusyError(StoreError):
    """Another scan holds the lock of this store."""


class StoreFullError(StoreError):
    """No space is left on the device; what was committed stays."""


class ExportError(ScannerError):
    """A report cannot be written."""


class OutputExistsError(ExportError):
    """The file is there already; reports are never overwritten."""


class PseudonymKeyError(ExportError):
    """The key of the pseudonyms can neither be read nor made."""


class AccountError(ScannerError):
    """
    One account cannot be scanned, or not to its end; the others go on.

    `code` names the cause in gap rows and in the JSON of `check`.
    """

    code = "account"


class HostNotFoundError(AccountError):
    """The host name cannot be resolved."""

    code = "host_unknown"


class HostRefusedError(AccountError):
    """Nothing answers at this host and port."""

    code = "host_refused"


class CertificateError(AccountError):
    """The server's certificate is expired, self-signed or made for another name."""

    code = "certificate"


class EncryptionError(AccountError):
    """The server offers no TLS, or plain text was asked for beyond loopback."""

    code = "encryption"


class CompressionError(AccountError):
    """The settings ask for a compressed connection, and the server does not offer it."""

    code = "compression"


class PasswordMissingError(AccountError):
    """No password could be had: its variable, its command or the person at the terminal gave none."""

    code = "password"


class SignInError(AccountError):
    """The server refused the user name or the password."""

    code = "sign_in"


class AccountClosedError(SignInError):
    """The server knows who asks, and does not let him into this account."""

    code = "permission"


class ImapOffError(SignInError):
    """IMAP is switched off for this account, or for its whole domain."""

    code = "imap_off"


class NoLicenceError(SignInError):
    """The user has no mailbox on this server, as a rule because no licence was given."""

    code = "no_licence"


class PermissionDeniedError(AccountError):
    """Signed in, but not allowed to read."""

    code = "permission"


class NoSentMailboxError(AccountError):
    """No mailbox of the account looks like a sent mailbox."""

    code = "no_sent_mailbox"


class MailboxMissingError(AccountError):
    """The settings name a mailbox that the account does not have."""

    code = "mailbox_missing"


class SourceError(AccountError):
    """A file or folder of mail, or one mailbox in it, cannot be read."""

    code = "source"


class SourceMissingError(SourceError):
    """There is no file or folder where the settings say."""

    code = "source_missing"


class ServerBusyError(AccountError):
    """The server asks to come back later, in `seconds` if it said so (0 = it did not)."""

    code = "busy"
    seconds = 0.0


class BudgetSpentError(AccountError):
    """The account has received as much as it may on one day."""

    code = "budget"


class ServerTimeoutError(AccountError):
    """The server did not answer in time."""

    code = "timeout"


class ConnectionLostError(AccountError):
    """The connection ended in the middle of the work."""

    code = "connection_lost"


class ProtocolError(AccountError):
    """The server said something that IMAP does not allow, or beyond our limits."""

    code = "protocol"
