"""Mailboxes are listed in every namespace, with the command that tells most and few round trips."""

import json
import re
from pathlib import Path

import pytest

from scanner.crawl.listing import Listing, Namespace, list_mailboxes, read_namespaces
from scanner.crawl.wire import WireClient
from scanner.errors import AccountClosedError, AccountError, ProtocolError, ServerBusyError
from tests.servers.scripted import Answer, Command, ScriptedServer

OWN = b'* LIST () "/" INBOX\r\n* LIST (\\Sent) "/" Sent\r\n'


def listing_of(
    namespaces: bytes, lists: dict[bytes, bytes | None], *, capability: bytes = b"NAMESPACE"
) -> tuple[Listing, list[bytes]]:
    """Return the listing, and the commands sent; `lists` gives answers by pattern, None = NO."""

    def listed(command: Command) -> Answer:
        match = re.search(rb'"([^"]*)"(?: RETURN .*)?\Z', command.arguments)
        said = lists.get(match[1] if match else b"", b"")
        return command.tag + b" NO no\r\n" if said is None else said + command.tag + b" OK done\r\n"

    def named(command: Command) -> Answer:
        return b"* NAMESPACE " + namespaces + b"\r\n" + command.tag + b" OK done\r\n"

    with ScriptedServer({}, {b"LIST": listed, b"NAMESPACE": named}, capability=capability) as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
        try:
            listing = list_mailboxes(client)
        finally:
            client.drop()
        return listing, [command.name + b" " + command.arguments for command in server.commands[1:]]


def names(listing: Listing) -> list[bytes]:
    """Return the names of a listing, sorted."""
    return sorted(name for _, _, name in listing.entries)


def test_a_namespace_that_the_star_leaves_out_is_asked_for() -> None:
    """RFC 9051, 6.3.9: names with # need not be among those of the star; some servers hide shared ones as well."""
    listing, commands = listing_of(
        b'(("" "/")) (("~" "/")) (("#shared/" "/")("Public/" "/"))',
        {b"*": OWN, b"#shared/*": b'* LIST () "/" "#shared/press/Sent"\r\n', b"Public/*": None},
    )

    assert names(listing) == [b"#shared/press/Sent", b"INBOX", b"Sent"]
    assert listing.unlisted == (b"Public/",)
    assert commands == [
        b"NAMESPACE ",
        b'LIST "" "*"',
        b'LIST "" "~*"',
        b'LIST "" "#shared/*"',
        b'LIST "" "Public/*"',
    ]


def test_namespaces_that_are_listed_are_not_asked_for_again() -> None:
    """Nor the own one below INBOX, which may be empty; one round trip is enough."""
    listing, commands = listing_of(
        b'(("INBOX." ".")) (("user." ".")) NIL', {b"*": OWN + b'* LIST (\\Sent) "." user.ben.Sent\r\n'}
    )

    assert names(listing) == [b"INBOX", b"Sent", b"user.ben.Sent"]
    assert listing.namespaces == (Namespace("personal", b"INBOX."), Namespace("other", b"user."))
    assert commands == [b"NAMESPACE ", b'LIST "" "*"']


def test_a_server_without_namespaces_is_not_asked_for_them() -> None:
    """RFC 2342 is an extension; in IMAP4rev2 and where it is announced it is there."""
    listing, commands = listing_of(b"(NIL)", {b"*": OWN}, capability=b"")

    assert names(listing) == [b"INBOX", b"Sent"]
    assert listing.namespaces == ()
    assert commands == [b'LIST "" "*"']


def test_namespaces_that_are_refused_cost_nothing() -> None:
    """A server may announce NAMESPACE and not answer it: the mailboxes are listed all the same."""
    refused = {b"NAMESPACE": lambda command: command.tag + b" BAD what?\r\n"}
    with ScriptedServer({}, refused, capability=b"NAMESPACE") as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
        listing = list_mailboxes(client)
        client.drop()

    assert names(listing) == [b"INBOX", b"Sent"]


def test_no_more_than_a_bounded_number_of_namespaces_is_asked_for() -> None:
    """A hostile server names thousands; those beyond stand among what was not listed."""
    many = b"".join(b'("n%d/" "/")' % number for number in range(500))

    listing, commands = listing_of(b'(("" "/")) NIL (' + many + b")", {b"*": OWN})

    assert len(commands) < 60
    assert b"n499/" in listing.unlisted


def test_a_closed_account_is_named_at_its_first_list() -> None:
    """Exchange says OK to the sign-in and refuses the first command."""
    closed = {b"LIST": lambda command: command.tag + b" NO User is authenticated but not connected.\r\n"}
    with ScriptedServer({}, closed) as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
        with pytest.raises(AccountError) as refused:
            list_mailboxes(client)
        client.drop()

    assert isinstance(refused.value, AccountClosedError)
    assert not isinstance(refused.value, ProtocolError)


@pytest.mark.parametrize("name", [b"NAMESPACE", b"LIST"])
def test_a_throttle_is_not_taken_for_a_form_of_list_that_is_unknown(name: bytes) -> None:
    """Asking in another form would be asking too early again; Exchange says goodbye behind it as well."""
    said = b" NO Request is throttled. Suggested Backoff Time: 92415 milliseconds\r\n* BYE\r\n"
    with ScriptedServer({}, {name: lambda command: command.tag + said}, capability=b"NAMESPACE SPECIAL-USE") as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
        with pytest.raises(ServerBusyError) as busy:
            list_mailboxes(client)
        client.drop()

        assert server.count(name) == 1

    assert busy.value.seconds == 92.415


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"NAMESPACE NIL NIL NIL", ()),
        (b'NAMESPACE (("" "/")) NIL NIL', (Namespace("personal", b""),)),
        (
            b'namespace (("" NIL)) NIL (("Shared \\"x\\"/" "/"))',
            (Namespace("personal", b""), Namespace("shared", b'Shared "x"/')),
        ),
        (b"NAMESPACE", ()),
        (b"NAMESPACE ((((", ()),
        (b'NAMESPACE "a" "b"', ()),
        (b"NAMESPACE )))))", ()),
    ],
)
def test_odd_namespaces_tell_nothing(line: bytes, expected: tuple[Namespace, ...]) -> None:
    """RFC 2342, 5; what is not of that shape is passed over."""
    assert read_namespaces([[line]]) == expected


def test_recorded_namespaces_are_read_as_stated(shared_data: Path) -> None:
    """Kinds and prefixes of every NAMESPACE answer among the shared cases, extension data passed over."""
    cases = [json.loads(line) for line in (shared_data / "imap-cases.jsonl").read_text("utf-8").splitlines()]
    answers = [case for case in cases if case["kind"] == "NAMESPACE"]
    assert len(answers) == 5

    for case in answers:
        line = case["wire"].encode("latin-1").split(b"\r\n")[0].removeprefix(b"* ")
        expected = [
            (kind, entry["prefix"].encode("latin-1"))
            for kind in ("personal", "other", "shared")
            for entry in case["expect"]["namespace"][kind]
        ]

        assert [tuple(namespace) for namespace in read_namespaces([[line]])] == expected
