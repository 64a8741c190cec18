"""One account tried step by step over IMAP: nothing is stored, nothing changes on the server."""

import socket
from collections.abc import Callable

from scanner.crawl.enumeration import enumerate_mailbox
from scanner.crawl.mailbox import find_mailboxes, listed_names, missing_error
from scanner.crawl.period import Period
from scanner.crawl.response import quote
from scanner.crawl.session import account_errors, introduce, open_connection
from scanner.crawl.sign_in.mechanism import sign_in
from scanner.crawl.sign_in.refusal import known_refusal
from scanner.crawl.wire import WireClient
from scanner.errors import (
    AccountClosedError,
    AccountError,
    ImapOffError,
    NoLicenceError,
    PermissionDeniedError,
    ProtocolError,
)
from scanner.model import Account, FoundMailbox
from scanner.pipeline.checking.account_check import AccountCheck, CheckedMailbox, take_steps, tell_messages, tell_sent
from scanner.pipeline.checking.exclusion import excluded_mailboxes, unmatched_patterns
from scanner.uids import count

STEPS = ("host name", "connection", "encryption", "sign-in", "permission", "mailbox list", "sent mailboxes", "counts")

READING_RIGHTS = frozenset("lr")
"""RFC 4314, 2.1: l = see it listed, r = read it. Every other right changes something."""

_CLOSED = (AccountClosedError, ImapOffError, NoLicenceError)
_ALSO_WRITES = {
    "microsoft": "Exchange has no right for IMAP without writing (FullAccess); take it away when the work is done",
    "google": "Gmail has no scope for IMAP without writing; take the delegation away when the work is done",
}


class ImapTrial:
    """
    Tries one account; used once.

    Args:
        number: Place in the settings, from 1.

        account: Whom to try.

        credential: Gives the password or token; it is used once.
    """

    def __init__(self, number: int, account: Account, credential: Callable[[], str]) -> None:
        self._number = number
        self._account = account
        self._period = Period(account.sent_from, account.sent_until)
        self._where = f"account {number}"
        self._credential = credential
        self._client: WireClient | None = None
        self._in_scope: tuple[FoundMailbox, ...] = ()
        self._names: tuple[str, ...] = ()
        self._sent: list[CheckedMailbox] = []
        self._closed: AccountError | None = None
        self._warnings: list[str] = []

    def run(self) -> AccountCheck:
        """Take the steps in order until one fails; never raises for what the account does."""
        actions: tuple[Callable[[], str], ...] = (
            self._find_host,
            self._reach,
            self._encrypt,
            self._sign_in,
            self._enter,
            self._list,
            self._find_sent,
            self._count,
        )
        steps = take_steps(STEPS, actions, lambda: account_errors(self._where))
        if all(step.ok for step in steps):
            self._look_at_rights()
        self._close()
        return AccountCheck(
            self._number,
            self._account.name,
            steps,
            tuple(self._sent),
            () if self._in_scope else self._names,
            tuple(self._warnings),
            excluded_mailboxes(self._account, self._names),
            unmatched_patterns(self._account, self._names),
        )

    def _find_host(self) -> str:
        found = socket.getaddrinfo(self._account.host, self._account.port, type=socket.SOCK_STREAM)
        return f"{self._account.host} is known ({len(found)} address{'es' if len(found) > 1 else ''})"

    def _reach(self) -> str:
        with socket.create_connection((self._account.host, self._account.port), self._account.timeout):
            return f"port {self._account.port} answers"

    def _encrypt(self) -> str:
        self._client = open_connection(self._account)
        version = self._client.tls_version
        return f"{version}, certificate verified" if version else "none: plain text on loopback"

    def _sign_in(self) -> str:
        has_secret = False

        def once() -> str:
            nonlocal has_secret
            secret = self._credential()
            has_secret = True
            return secret

        try:
            sign_in(self._opened, self._account, once)
        except _CLOSED as error:
            if not has_secret:
                # It was the token endpoint that refused: the server has not been asked.
                raise
            self._closed = error
            return "the server knows who asks"
        introduce(self._opened, self._account)
        if self._account.as_user:
            return f"as {self._account.as_user}"
        return f"token of {self._account.auth} accepted" if self._account.auth in _ALSO_WRITES else "password accepted"

    def _enter(self) -> str:
        if self._closed is not None:
            raise self._closed
        # Exchange says OK to a sign-in without permission, and refuses the first command after it.
        asking = b"NAMESPACE" if self._opened.has_capability("NAMESPACE") else b"NOOP"
        _, completion = self._opened.execute(asking)
        refused = None if completion.status == "OK" else known_refusal(completion.text)
        if refused is not None:
            raise refused
        return "the account is open"

    def _list(self) -> str:
        self._names = listed_names(self._opened)
        return f"{len(self._names):,} mailboxes listed" if len(self._names) != 1 else "1 mailbox listed"

    def _find_sent(self) -> str:
        found = find_mailboxes(self._opened, self._account)
        if missing := [mailbox for mailbox in found if mailbox.is_missing]:
            raise missing_error(missing)
        self._in_scope = tuple(mailbox for mailbox in found if mailbox.in_scope)
        if self._account.scope == "ours":
            return f"{len(self._in_scope)} of them {'is' if len(self._in_scope) == 1 else 'are'} read for mail of ours"
        return tell_sent(len(self._in_scope))

    def _count(self) -> str:
        for mailbox in self._in_scope:
            try:
                found = enumerate_mailbox(self._opened, mailbox, self._period)
            except PermissionDeniedError as error:
                raise PermissionDeniedError(
                    f"the server does not open {mailbox.name!r}", remedy=error.remedy
                ) from error
            except ProtocolError as error:
                raise ProtocolError(f"mailbox {mailbox.name!r}: {error.what}", remedy=error.remedy) from error
            if found.cut:
                self._warnings.append(f"mailbox {mailbox.name!r}: {found.cut}; a scan records a gap")
            self._sent.append(CheckedMailbox(mailbox.name, mailbox.reason, count(found.uids)))
        return tell_messages(self._sent, "" if self._period.is_open else " within the mandate's period")

    def _look_at_rights(self) -> None:
        """Warn when the sign-in could also write. MYRIGHTS only asks (RFC 4314, 3.5); a scan never sends it."""
        try:
            with account_errors(self._where):
                if not self._opened.has_capability("ACL"):
                    why = _ALSO_WRITES.get(self._account.auth, "the server does not tell rights (no ACL)")
                    sure = "could" if self._account.auth in _ALSO_WRITES else "perhaps could"
                    self._warnings.append(f"this sign-in {sure} also change mail, which Blindcopy never does: {why}")
                    return
                for mailbox in self._in_scope:
                    more = self._rights(mailbox) - READING_RIGHTS
                    if more:
                        self._warnings.append(
                            f"this sign-in could also change {mailbox.name!r} (rights {''.join(sorted(more))}), which "
                            "Blindcopy never does; `blindcopy check --plan` says how to grant reading only"
                        )
        except AccountError:
            self._warnings.append("whether this sign-in could also write cannot be told: the server does not say")

    def _rights(self, mailbox: FoundMailbox) -> frozenset[str]:
        answers, completion = self._opened.execute(b"MYRIGHTS " + quote(mailbox.wire_name))
        told = [b"".join(answer) for answer in answers if answer[0][:9].upper() == b"MYRIGHTS "]
        if completion.status != "OK" or not told:
            raise PermissionDeniedError("the server does not tell rights")
        return frozenset(told[-1].split()[-1].strip(b'"').decode("ascii", "replace"))

    @property
    def _opened(self) -> WireClient:
        if self._client is None:
            raise RuntimeError("the steps run in order")
        return self._client

    def _close(self) -> None:
        if self._client is not None:
            try:
                with account_errors(self._where):
                    self._client.execute(b"LOGOUT")
            except AccountError:
                # BYE is the server's last word (RFC 9051, 6.1.3).
                pass
            self._client.drop()
