"""Entries without angle brackets: bare addresses, names round them, and texts that are no address."""

import re
from collections.abc import Callable, Iterator, Sequence

from scanner.addresses.address import Unreadable, assemble, content_of
from scanner.addresses.key import address_key
from scanner.addresses.lexer import Token
from scanner.addresses.name import NO_NAME, raw_text, read_name, storable
from scanner.addresses.outcome import (
    comment_address,
    make_entry,
    make_unresolved,
    name_by_comment,
    other_than_mail,
    with_defect,
)
from scanner.addresses.text import decode_words
from scanner.model import ParsedAddress

Reread = Callable[[str], list[ParsedAddress]]
"""Reads text that stood in quotes or encoded as a list of its own."""

# What mail servers and clients write where nobody is named (RFC 5322, 3.4 shows the first).
_PLACEHOLDERS = frozenset(
    {
        "undisclosed-recipients",
        "undisclosed recipients",
        "undisclosed-recipient",
        "undisclosed recipient",
        "unlisted-recipients",
        "unlisted recipients",
        "recipient list not shown",
        "recipient list suppressed",
        "recipients not shown",
        "list suppressed",
        "suppressed",
    }
)
# The host is taken whole before it is looked at for a dot, so that no dot is tried twice.
_ONE_ADDRESS = re.compile(r"[^\s<>(),;:@\"\[\]]+@(?=[^.]+\.)[^\s<>(),;:@\"\[\]]++")
_JOINED = re.compile(r"([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)[/|&]+([^/|&]+)")
_PERCENT_ADDRESS = re.compile(r"([^\s%@]+)%40((?=[^.]+\.)[^\s%@/]++)")


def read_words(text: str, tokens: Sequence[Token], group: str | None) -> list[ParsedAddress]:
    """
    Read every address among tokens; words in front of one are its name.

    Several addresses side by side (a pasted column) are several entries.
    """
    written = raw_text(text, tokens)
    other = other_than_mail(written)
    if other:
        return [make_unresolved(written, NO_NAME, group, other)]
    found: list[ParsedAddress] = []
    name: list[Token] = []
    for word in _divide_joined(_split_words(tokens)):
        if not any(token.kind == "at" for token in word):
            if word[0].kind == "comment" and found and not name:
                name_by_comment(found, word)
            else:
                name += word
            continue
        if _is_name_glued(word):
            name.append(word[0])
            word = word[1:]
        spec = assemble(word)
        shown = read_name([token for token in name if token.kind != "comment"] or name)
        if isinstance(spec, Unreadable):
            found.append(make_unresolved(raw_text(text, word), shown, group, spec.defect))
        else:
            found.append(make_entry(spec, shown, group))
        name = []
    name_by_comment(found, name)
    return found


def read_without_address(
    text: str, tokens: Sequence[Token], group: str | None, reread: Reread | None
) -> list[ParsedAddress]:
    """
    Read an entry without any @ outside quotes, comments and encoded words.

    Where such an entry holds an address all the same, it is the only one
    there is, so it was addressed. Else the text is kept, unresolved.
    """
    words = [token for token in tokens if token.kind not in ("comment", "break", "mark", "scheme", "close")]
    name = read_name(tokens)
    if not words or name.shown.strip(" .'-:;").lower() in _PLACEHOLDERS:
        return []
    written = raw_text(text, [token for token in tokens if token.kind not in ("mark", "break")])
    hidden, defect = find_hidden(words, tokens)
    if hidden and reread is not None:
        found = [with_defect(entry, defect) for entry in reread(hidden) if entry.key is not None]
        if found:
            return [_in_group(entry, group) for entry in found]
    if not name.shown:
        return []
    if len(words) == 1 and words[0].kind == "quoted":
        written = storable(name.raw)
    other = other_than_mail(written)
    return [make_unresolved(written, NO_NAME if name.shown == written else name, group, other or "no_address")]


def hides_address(words: list[Token]) -> bool:
    """Tell whether words without an @ hold an address all the same: encoded, in quotes, or with %40."""
    return find_hidden(words, words)[0] != ""


def find_hidden(words: list[Token], tokens: Sequence[Token]) -> tuple[str, str]:
    """Return text that may hold the entry's address, and the defect that it means."""
    if all(word.kind == "quoted" for word in words):
        # Exchange 2010 quotes the whole address list.
        content = " ".join(content_of(word) for word in words)
        if "@" in content:
            return content, "quoted_list"
    joined = " ".join(word.text for word in words)
    if "=?" in joined:
        decoded = decode_words(joined)
        if "@" in decoded and "=?" not in decoded:
            return decoded, "encoded_address"
    percent = _PERCENT_ADDRESS.fullmatch(joined)
    if percent:
        return f"{percent[1]}@{percent[2]}", "percent_address"
    comment = comment_address(tokens)
    if _ONE_ADDRESS.fullmatch(comment):
        return comment, "comment_address"
    return "", ""


def _in_group(entry: ParsedAddress, group: str | None) -> ParsedAddress:
    return (
        entry
        if group is None
        else ParsedAddress(
            entry.addr_spec,
            entry.display_name,
            entry.display_name_raw,
            group,
            entry.defect,
            address_key(entry.addr_spec),
        )
    )


def _split_words(tokens: Sequence[Token]) -> list[list[Token]]:
    """
    Cut tokens at white space, except round an @ and round a dot that stands alone.

    RFC 5322, 4.4 lets blanks stand round each dot of an address; after "Dr."
    they divide a title from what follows, so a dot at the end joins nothing.
    """
    words: list[list[Token]] = []
    current: list[Token] = []
    previous: Token | None = None
    for token in tokens:
        if token.kind == "comment":
            words.append([token])
            continue
        if token.kind == "break":
            previous = None
            continue
        joins = previous is not None and (
            token.glued
            or token.kind == "at"
            or previous.kind in ("at", "scheme")
            or (token.kind == "atom" and token.text.startswith("."))
            or (previous.kind == "atom" and previous.text.strip(".") == "" and not previous.glued)
        )
        if joins:
            current.append(token)
        else:
            current = [token]
            words.append(current)
        previous = token
    return words


def _divide_joined(words: list[list[Token]]) -> Iterator[list[Token]]:
    """Divide `anna@x.example/bob@y.example` where a host, a divider and a local part follow each other."""
    for word in words:
        current: list[Token] = []
        for index, token in enumerate(word):
            joined = _JOINED.fullmatch(token.text) if token.kind == "atom" else None
            if (
                joined
                and current
                and current[-1].kind == "at"
                and len(word) > index + 1
                and word[index + 1].kind == "at"
            ):
                yield [*current, token._replace(text=joined[1], end=token.start + joined.end(1))]
                current = [token._replace(text=joined[2], start=token.start + joined.start(2), glued=False)]
            else:
                current.append(token)
        yield current


def _is_name_glued(word: list[Token]) -> bool:
    """Tell whether a quoted name stands in front of an address without a blank, `"Anna Smith"anna@…`."""
    return (
        len(word) > 2
        and word[0].kind == "quoted"
        and len(word[0].text) > 2
        and word[1].kind == "atom"
        and not word[1].text.startswith(".")
    )
