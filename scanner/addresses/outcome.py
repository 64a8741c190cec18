"""Finished entries: an address with its name, key and defect, or a text that stays unresolved."""

import re
from collections.abc import Sequence
from dataclasses import replace

from scanner.addresses.address import Spec
from scanner.addresses.charset import reveal_iso_2022
from scanner.addresses.key import address_key, split_key
from scanner.addresses.lexer import Token
from scanner.addresses.name import Name, read_comment, read_name
from scanner.addresses.text import decode_words, defect_of_raw, guess_8bit
from scanner.model import ParsedAddress

_LINK = re.compile(r"(?:https?|ftp|sip|tel|fax|file):\S*\Z", re.IGNORECASE)
_X500 = re.compile(r"(?:(?:ex|x500):)?/(?:o|ou|cn|c)=[^@]*\Z", re.IGNORECASE)

_SCHEME = re.compile(r"\A(?:mailto|smtp):\s*", re.IGNORECASE)

# Hosts that servers write where a header has none: UW-imapd and its heirs, Dovecot, Cyrus, Exchange.
_SENTINEL_HOSTS = frozenset(
    {
        "missing_domain",
        "missing-domain",
        "missing_host_name",
        "missing-host-name",
        "missing_host",
        "syntax_error",
        "syntax-error",
        "unspecified-domain",
        "unknown_domain",
    }
)


# Relays complete the empty group `undisclosed-recipients:;` with their own host.
_NOBODY = re.compile(r"(?:undisclosed|unlisted)[-_. ]?recipients?: *;?")


def is_sentinel_host(host: str) -> bool:
    """Tell whether the host of a key is what servers write for a broken address, `.MISSING-HOST-NAME.`."""
    return host.strip(".") in _SENTINEL_HOSTS


def make_entry(spec: Spec, name: Name, group: str | None) -> ParsedAddress:
    """Make the finished entry of an address; one at a placeholder host is unresolved."""
    defect = spec.defect or name.defect or defect_of_raw(spec.text) or defect_of_raw(name.raw)
    addr_spec = guess_8bit(spec.text)
    key = address_key(addr_spec)
    raw = _raw_of(name)
    local, host = split_key(key)
    if is_sentinel_host(host) or _NOBODY.fullmatch(local):
        return ParsedAddress(addr_spec, name.shown, raw, group, "sentinel_host", None)
    return ParsedAddress(addr_spec, name.shown, raw, group, defect, key)


def _raw_of(name: Name) -> str:
    return "" if name.raw == name.shown else reveal_iso_2022(name.raw)


def make_unresolved(written: str, name: Name, group: str | None, defect: str) -> ParsedAddress:
    """Make the entry of a text that is no address."""
    return ParsedAddress(guess_8bit(written) or "\ufffd", name.shown, _raw_of(name), group, defect, None)


def other_than_mail(written: str) -> str | None:
    """Return the defect of text that is a name in another system or a link, None when it may be a mail address."""
    if _X500.match(written):
        return "x500_name"
    if _LINK.match(written):
        return "no_address"
    return "notes_name" if is_notes_name(written) else None


def is_notes_name(written: str) -> bool:
    """
    Tell whether text is a name of Lotus Notes, `Fred Foo/HQ/Client@Client`.

    The part behind the @ is a Notes domain, without a dot; X.400 gateways
    (`/G=Owen/S=Smith/@relay.example`) and plain slashes are mail addresses.
    """
    name, at, hosts = written.partition("@")
    if not at or "/" not in name or name.startswith("/") or "." in hosts or "<" in written or '"' in written:
        return False
    parts = name.split("/")
    return " " in parts[0] or name[:3].lower() == "cn=" or len(parts) > 2 or parts[-1].lower() == hosts.lower()


def with_defect(entry: ParsedAddress, defect: str) -> ParsedAddress:
    """Return the entry with a defect, unless it has one already."""
    return entry if entry.defect else replace(entry, defect=defect)


def named(entry: ParsedAddress, name: Name) -> ParsedAddress:
    """Return an entry without a name with this one."""
    if entry.display_name or not name.shown:
        return entry
    entry = replace(entry, display_name=name.shown, display_name_raw=_raw_of(name))
    defect = name.defect or defect_of_raw(name.raw)
    return with_defect(entry, defect) if defect else entry


def name_by_comment(found: list[ParsedAddress], tokens: Sequence[Token]) -> None:
    """Give the last of the entries the comments among tokens as its name, if it has none."""
    comments = [token for token in tokens if token.kind == "comment"]
    if comments and found:
        found[-1] = named(found[-1], read_name(comments))


def flag_at_in_name(entry: ParsedAddress, tokens: Sequence[Token]) -> ParsedAddress:
    """
    Return the entry marked if its unquoted name holds an @ of anything but its own address.

    A name that repeats the address is what Outlook writes for people without
    a name, and no defect.
    """
    ats = sum(token.kind == "at" for token in tokens)
    if ats and entry.display_name.lower().count(entry.addr_spec.lower()) < ats:
        return with_defect(entry, "at_in_name")
    return entry


def comment_address(tokens: Sequence[Token]) -> str:
    """Return the content of the one comment among tokens, decoded; "" when there are none or several."""
    comments = [token for token in tokens if token.kind == "comment"]
    if len(comments) != 1:
        return ""
    # Markdown puts a link there: [Bob](mailto:bob@client.example).
    return _SCHEME.sub("", decode_words(read_comment(comments[0])).strip())
