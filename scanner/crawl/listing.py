"""Ask a server for its mailboxes: in the form of LIST that it understands, and in every namespace."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from imapclient.imap_utf7 import decode as decode_utf7

from scanner.crawl.busy import raise_if_busy
from scanner.crawl.response import Completion, Response, quote
from scanner.crawl.sign_in.refusal import known_refusal
from scanner.crawl.wire import WireClient
from scanner.errors import ProtocolError

_LIST = re.compile(rb'(?:LIST|XLIST) \(([^()]*)\) (NIL|"(?:\\.|[^"\\])*"|[^\s"]+) (.*)\Z', re.IGNORECASE | re.DOTALL)
_IS_LIST = re.compile(rb"X?LIST ", re.IGNORECASE)
# RFC 5258, 3.5 and RFC 5465, 5.4: what may stand behind a name.
_EXTENDED = re.compile(rb' \("(?:CHILDINFO|OLDNAME)" .*\Z', re.IGNORECASE | re.DOTALL)
_UNPRINTABLE = re.compile(r"[\0-\x1f\x7f-\x9f\ud800-\udfff]")
_LONGEST_LINE = 500
_LONGEST_NAME = 4_096
"""Bytes; servers allow some hundreds. A hostile one would have us decode and store megabytes."""
_IS_NAMESPACE = re.compile(rb"NAMESPACE ", re.IGNORECASE)
_NAMESPACE_WORD = re.compile(rb'[()]|NIL|"((?:\\.|[^"\\])*)"', re.IGNORECASE | re.DOTALL)
_KINDS: tuple[Literal["personal", "other", "shared"], ...] = ("personal", "other", "shared")
_MOST_NAMESPACES = 50
"""Namespaces that are listed apart; servers have three or four."""

Listed = tuple[frozenset[str], str | None, bytes]
"""(attributes in lower case, hierarchy delimiter or None, name on the wire)"""


class Namespace(NamedTuple):
    """A part of the names that belongs to somebody (RFC 2342, 5): us, other users, everybody."""

    kind: Literal["personal", "other", "shared"]
    prefix: bytes
    """What its mailboxes' names begin with, on the wire; empty = nothing."""


class Listing(NamedTuple):
    """What a server lists."""

    entries: tuple[Listed, ...]
    """Each name once."""

    odd: tuple[bytes, ...] = ()
    """Lines that cannot be read."""

    namespaces: tuple[Namespace, ...] = ()
    """Empty when the server does not tell."""

    unlisted: tuple[bytes, ...] = ()
    """Prefixes of namespaces whose mailboxes the server does not list."""


def list_mailboxes(client: WireClient) -> Listing:
    """
    List all mailboxes: one round trip, and another one when namespaces are not part of the first answer.

    Raises:
        AccountError: The subclass that names why the server closes the account, or asks to come back later.

        ProtocolError: The server gave no list.
    """
    namespaces: tuple[Namespace, ...] | None = None if client.has_capability("NAMESPACE") else ()
    is_answered = False
    for form in _forms(client):
        commands = [form % quote(b"*")]
        if namespaces is None:
            commands.insert(0, b"NAMESPACE")
        answers, completions = _ask(client, commands)
        if namespaces is None:
            namespaces = read_namespaces(answers)
        if completions[-1].status != "OK":
            continue
        is_answered = True
        entries, odd = _read(answers)
        # One odd line costs one mailbox, never the list. Some servers answer XLIST with OK and nothing.
        if entries or odd:
            return _with_hidden_namespaces(client, form, Listing(entries, odd, namespaces))
    if is_answered:
        return Listing((), (), namespaces or ())
    raise ProtocolError("the server does not list the mailboxes", remedy="Check the account's rights")


def _forms(client: WireClient) -> Iterator[bytes]:
    """Yield the commands to try, the one that tells most first; `%s` stands for the pattern."""
    if client.has_capability("SPECIAL-USE") or client.has_capability("IMAP4rev2"):
        # With RETURN some servers give only what was asked for: ask for both. BAD where LIST is not extended, or for
        # one of the options alone.
        options = [b"SPECIAL-USE", b"CHILDREN"]
        while options:
            yield b'LIST "" %s RETURN (' + b" ".join(options) + b")"
            options.pop()
    elif client.has_capability("XLIST"):
        yield b'XLIST "" %s'
    yield b'LIST "" %s'


def _ask(client: WireClient, commands: list[bytes]) -> tuple[list[Response], list[Completion]]:
    """Send commands together; return their answers in one list, for each says itself what it is."""
    answers: list[Response] = []
    completions: list[Completion] = []
    # One by one: a server that refuses the first command may hang up before it answers the second.
    for responses, completion in client.execute_each(commands):
        answers += responses
        completions.append(completion)
        if completion.status == "OK":
            continue
        # Exchange lets one sign in to a mailbox that is closed, and says so to the first command.
        if refused := known_refusal(completion.text):
            raise refused
        raise_if_busy(completion)
    return answers, completions


def _read(answers: Iterable[Response]) -> tuple[tuple[Listed, ...], tuple[bytes, ...]]:
    """Return the mailboxes, and the lines that cannot be read."""
    by_name: dict[bytes, Listed] = {}
    odd: dict[bytes, None] = {}
    for answer in answers:
        entry = read_list_answer(answer)
        if entry is not None:
            # Some servers give the special use of a mailbox in a line of its own.
            attributes, delimiter, name = entry
            before = by_name.get(name, (frozenset(), None, name))
            by_name[name] = (attributes | before[0], delimiter or before[1], name)
        elif _IS_LIST.match(answer[0]):
            odd[b"".join(answer)[:_LONGEST_LINE]] = None
    return tuple(by_name.values()), tuple(odd)


def _with_hidden_namespaces(client: WireClient, form: bytes, listing: Listing) -> Listing:
    """Add the namespaces that `*` left out: those of "#" (RFC 9051, 5.1.2.1), and those a server hides."""
    names = [name for _, _, name in listing.entries]
    hidden = [
        prefix
        for prefix in dict.fromkeys(namespace.prefix for namespace in listing.namespaces)
        # The own mailboxes below INBOX are always listed, and there may be none.
        if prefix and prefix[:5].upper() != b"INBOX" and not any(name.startswith(prefix) for name in names)
    ]
    if not hidden:
        return listing
    asked = hidden[:_MOST_NAMESPACES]
    answers, completions = _ask(client, [form % quote(prefix + b"*") for prefix in asked])
    entries, odd = _read(answers)
    refused = [prefix for prefix, done in zip(asked, completions, strict=True) if done.status != "OK"]
    known = set(names)
    return listing._replace(
        entries=(*listing.entries, *(entry for entry in entries if entry[2] not in known)),
        odd=tuple(dict.fromkeys((*listing.odd, *odd))),
        unlisted=(*refused, *hidden[_MOST_NAMESPACES:]),
    )


def read_list_answer(response: Response) -> Listed | None:
    """Read one LIST or XLIST answer; None for any other answer, or one without sense. "" and NIL: no hierarchy."""
    match = _LIST.match(response[0]) if sum(map(len, response)) <= _LONGEST_NAME else None
    if not match:
        return None
    attributes = frozenset(match[1].decode("ascii", "replace").lower().split())
    delimiter = None if match[2].upper() == b"NIL" else _unquote(match[2]).decode("utf-8", "replace") or None
    if len(response) > 1:
        return attributes, delimiter, response[1]
    return attributes, delimiter, _unquote(match[3].rstrip(b"\r\n"))


def read_namespaces(answers: Iterable[Response]) -> tuple[Namespace, ...]:
    """Read what NAMESPACE answered (RFC 2342, 5): personal, other users' and shared ones; what is odd tells nothing."""
    found: list[Namespace] = []
    for answer in answers:
        if not _IS_NAMESPACE.match(answer[0]):
            continue
        kind = depth = strings = 0
        for word in _NAMESPACE_WORD.finditer(answer[0], len(b"NAMESPACE ")):
            if word[0] == b"(":
                depth, strings = depth + 1, 0
            elif word[0] == b")":
                depth -= 1
                kind += depth == 0
            elif depth == 0:
                # NIL: there is no namespace of this kind.
                kind += 1
            elif depth == 2:
                strings += 1
                if strings == 1 and word[1] is not None and kind < len(_KINDS):
                    found.append(Namespace(_KINDS[kind], re.sub(rb"\\(.)", rb"\1", word[1], flags=re.DOTALL)))
    return tuple(found)


def _unquote(text: bytes) -> bytes:
    text = text.lstrip(b" ")
    if not text.startswith(b'"'):
        return _EXTENDED.sub(b"", text).rstrip(b" ")
    match = re.match(rb'"((?:\\.|[^"\\])*)"', text, re.DOTALL)
    # A trailing list (RFC 5258: CHILDINFO) may stand behind the closing quote.
    return re.sub(rb"\\(.)", rb"\1", match[1] if match else text[1:], flags=re.DOTALL)


def decode_name(wire_name: bytes) -> str:
    """Decode modified UTF-7 (RFC 3501, 5.1.3), or raw UTF-8 as newer and careless servers send it."""
    if not wire_name.isascii():
        return printable(wire_name.decode("utf-8", "replace"))
    try:
        return printable(str(decode_utf7(wire_name)))
    # A name that only looks like modified UTF-7: shown as it is.
    except (ValueError, IndexError):
        return printable(wire_name.decode("ascii"))


def printable(name: str) -> str:
    """Return a name that can be shown and stored: TAB is part of real ones, other control characters are marked."""
    # NUL and half characters, which modified UTF-7 can spell, no database takes.
    return _UNPRINTABLE.sub(lambda match: match[0] if match[0] == "\t" else "\ufffd", name)
