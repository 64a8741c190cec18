"""Connect, encrypt, sign in; and turn what goes wrong into our errors."""

import errno
import imaplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scanner import __version__
from scanner.addresses.host import is_loopback
from scanner.crawl.connection import GreetingTimeoutError
from scanner.crawl.response import server_name
from scanner.crawl.sign_in.mechanism import sign_in
from scanner.crawl.sign_in.refusal import busy_error as busy_error
from scanner.crawl.wire import WireClient
from scanner.errors import (
    AccountError,
    CertificateError,
    CompressionError,
    ConnectionLostError,
    EncryptionError,
    HostNotFoundError,
    HostRefusedError,
    ProtocolError,
    ServerBusyError,
    ServerTimeoutError,
)
from scanner.model import Account

_AGAIN = "Run the scan again; it goes on where it stopped"
_OWN_AUTHORITY = (
    "For an authority of your own set ca_file to its certificate; else the server must send its whole chain"
)
_ANOTHER_NAME = "Set host to a name that the certificate was made for"
# By OpenSSL's X509_V_ERR numbers; the ssl module has no names for them.
_CERTIFICATE_REMEDIES = {
    9: "Check this machine's clock; the certificate is valid from a later date on",
    10: "Whoever runs the server has to renew it; if it is newer than that, check this machine's clock",
    18: "For a certificate of your own set ca_file to it",
    19: _OWN_AUTHORITY,
    20: _OWN_AUTHORITY,
    21: _OWN_AUTHORITY,
    62: _ANOTHER_NAME,
    64: _ANOTHER_NAME,
}
_UNREACHABLE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})


@contextmanager
def account_errors(where: str) -> Iterator[None]:
    """
    Turn errors of sockets, ssl, imaplib and imapclient into ours, in this one place.

    Args:
        where: What to call the place in the message: `account 3` or a host.

    Raises:
        AccountError: The subclass that names the cause.
    """
    try:
        yield
    except AccountError as error:
        if not error.where:
            error.where = where
        raise
    except ssl.SSLCertVerificationError as error:
        why = getattr(error, "verify_message", "").rstrip(".") or "no reason given"
        code = getattr(error, "verify_code", 0)
        raise CertificateError(
            f"the server's certificate is not trusted ({why})",
            where=where,
            remedy=_CERTIFICATE_REMEDIES.get(code, "Check the host's name; for a certificate of your own set ca_file"),
        ) from error
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError) as error:
        raise ConnectionLostError("the connection was lost", where=where, remedy=_AGAIN) from error
    except ssl.SSLError as error:
        raise _encryption_error(error, where) from error
    except socket.gaierror as error:
        raise HostNotFoundError(
            "the host's name is not known", where=where, remedy="Check host in the settings, and the network"
        ) from error
    except ConnectionRefusedError as error:
        raise HostRefusedError(
            "nothing answers at this host and port", where=where, remedy="Check host and port in the settings"
        ) from error
    except TimeoutError as error:
        raise ServerTimeoutError(
            "the server did not answer in time", where=where, remedy="Run the scan again, or raise timeout"
        ) from error
    except (imaplib.IMAP4.abort, OSError) as error:
        if isinstance(error, OSError) and error.errno in _UNREACHABLE:
            raise HostRefusedError(
                "no way to this host", where=where, remedy="Check host in the settings, and the network"
            ) from error
        raise ConnectionLostError("the connection was lost", where=where, remedy=_AGAIN) from error
    except imaplib.IMAP4.error as error:
        raise ProtocolError(
            "the server's answer could not be understood",
            where=where,
            remedy="Check that host and port are an IMAP server",
        ) from error


def connect(
    account: Account, credential: Callable[[], str], *, where: str, tell: Callable[[str], None] | None = None
) -> WireClient:
    """
    Return a signed-in connection. The password is tried once; a token too old is renewed once.

    What the server wants a person to read goes to `tell`, as in `WireClient`.

    Raises:
        AccountError: The subclass that names what failed.
    """
    with account_errors(where):
        client = open_connection(account, tell)
        try:
            sign_in(client, account, credential)
            introduce(client, account)
        except BaseException:
            client.drop()
            raise
        return client


def introduce(client: WireClient, account: Account) -> None:
    """
    Say who asks (ID, RFC 2971), and begin to compress where it pays (RFC 4978): one round trip behind the sign-in.

    `compress = "auto"` compresses where the server offers it and the way to
    it is longer than this machine.

    Raises:
        CompressionError: Compression is asked for, and the server does not offer it.
    """
    offers = bool(client.has_capability("COMPRESS=DEFLATE"))
    wants = account.compress == "always" or (account.compress == "auto" and not is_loopback(account.host))
    if account.compress == "always" and not offers:
        raise _no_compression("the server does not offer a compressed connection")
    # COMPRESS comes last: what is sent behind it would have to be compressed already (RFC 4978, 3).
    commands = [b"ID " + CLIENT_ID.encode()] if client.has_capability("ID") else []
    if wants and offers:
        commands.append(b"COMPRESS DEFLATE")
    if not commands:
        return
    answers = client.execute_all(commands)
    client.server_id = server_name(response for responses, _ in answers for response in responses)
    if commands[-1] == b"COMPRESS DEFLATE":
        completion = answers[-1][1]
        client.start_compression(completion)
        # RFC 4978, 3: another layer, such as TLS, compresses already.
        if completion.status != "OK" and completion.code != "COMPRESSIONACTIVE" and account.compress == "always":
            raise _no_compression(f"the server offers a compressed connection and answers {completion.status}")


def _no_compression(what: str) -> CompressionError:
    return CompressionError(what, remedy='Set compress = "auto" to go on without')


def open_connection(account: Account, tell: Callable[[str], None] | None = None) -> WireClient:
    """
    Connect and encrypt; not signed in yet. To be called within `account_errors`; `tell` as in `WireClient`.

    Raises:
        EncryptionError: Plain text beyond loopback, or no STARTTLS offered.

        HostNotFoundError: The name can be no host's.

        ServerBusyError: The server turned the connection away.

        ServerTimeoutError: It takes the connection and says nothing.

        ProtocolError: No IMAP server answers.
    """
    if account.security == "none" and not is_loopback(account.host):
        raise EncryptionError("plain text is for loopback only", remedy='Set security = "tls" or "starttls"')
    context = tls_context(account.ca_file)
    try:
        client = WireClient(
            account.host,
            account.port,
            ssl_context=context if account.security == "tls" else None,
            timeout=account.timeout,
            tell=tell,
        )
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as error:
        raise _encryption_error(error, "") from error
    except GreetingTimeoutError as error:
        if account.security == "tls":
            raise
        # Of two programs on one connection, both wait: we for a greeting, a TLS server for our first word.
        raise ServerTimeoutError(
            "the port is open, but no server greets there in plain text",
            remedy='If it speaks TLS from the start, as port 993 does, set security = "tls"; else raise timeout',
        ) from error
    except UnicodeError as error:
        # The idna codec refuses empty and overlong labels in this way.
        raise HostNotFoundError("the host's name cannot exist", remedy="Check host in the settings") from error
    except imaplib.IMAP4.error as error:
        # imaplib gives the greeting as it came when it is neither OK nor PREAUTH.
        if isinstance(error.args[0], bytes) and error.args[0][:5].upper() == b"* BYE":
            raise ServerBusyError("the server turns the connection away", remedy="Run the scan again later") from error
        # imaplib calls it a broken connection when a web server answers.
        if str(error).startswith("unexpected response"):
            raise ProtocolError("what answers at this port is no IMAP server", remedy="Check host and port") from error
        raise
    if account.security == "starttls":
        try:
            _start_tls(client, context)
        except BaseException:
            client.drop()
            raise
    return client


def _start_tls(client: WireClient, context: ssl.SSLContext) -> None:
    if not client.has_capability("STARTTLS"):
        # A man in the middle can remove the offer: going on in plain text would hand him the password.
        raise EncryptionError("the server offers no STARTTLS", remedy='Try security = "tls", usually on port 993')
    try:
        client.starttls(context)
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as error:
        raise _encryption_error(error, "") from error


def _encryption_error(error: ssl.SSLError, where: str) -> EncryptionError:
    return EncryptionError(
        f"no encrypted connection ({getattr(error, 'reason', None) or 'TLS failed'})",
        where=where,
        remedy='Check port and security: "tls" is usual on 993, "starttls" on 143',
    )


def tls_context(ca_file: str) -> ssl.SSLContext:
    """
    Return a context that verifies certificates and host names.

    Raises:
        CertificateError: `ca_file` cannot be read.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise CertificateError(
                "ca_file cannot be read", where=ca_file, remedy="Name a file in PEM format"
            ) from error
    return context


CLIENT_ID = f'("name" "blindcopy" "version" "{__version__}")'
