"""What holds for every address field, whatever stands in it; the property tests and the fuzzer ask the same."""

import json
import re
from pathlib import Path

from scanner.addresses import DEFECTS, address_key, decode_text, find_silent_misses, parse_address_list, parse_fully
from scanner.addresses.name import finish_name
from scanner.addresses.text import as_text
from scanner.model import ParsedAddress

FIRST, LAST = "good1@example.org", "good2@example.org"

# Pieces of which fields are made, right and wrong; garbage of them reaches further than garbage of letters.
FRAGMENTS: tuple[str, ...] = tuple(json.loads(Path(__file__).with_name("fragments.json").read_text("ascii")))


def field_of(data: bytes) -> str:
    """Return the field that an input of the fuzzer stands for: below 80 as it is, else by fragments."""
    if data[:1] < b"\x80":
        return data[1:].decode("utf-8", "surrogateescape")
    return "".join(FRAGMENTS[byte % len(FRAGMENTS)] for byte in data[1:])


def check_field(text: str) -> None:
    """Raise AssertionError when reading the field breaks what is promised for any text."""
    entries = parse_address_list(text)
    # Lone surrogates other than escaped bytes cannot stand on the wire.
    raw = as_text_of_wire(text).encode("utf-8", "surrogateescape")

    assert parse_fully(text) == entries, "the fast path and the full parser differ"
    assert parse_address_list(raw) == entries, "bytes and text differ"
    for entry in entries:
        _check_entry(entry)
    if not any(entry.defect for entry in entries) and find_silent_misses(text, entries) is None:
        known = " ".join(f"{entry.key} {entry.display_name.lower()}" for entry in entries)
        assert all(address in known for address in _plain_addresses(text)), "a silent miss"
    _check_neighbours(text)


def _plain_addresses(text: str) -> list[str]:
    """Return the addresses that stand free outside quotes and comments, found as simply as can be."""
    if "=?" in text or "\\" in text:
        return []
    for pattern in (r'"[^"]*"', r"\([^()]*\)", r"\([^()]*\)", r"\([^()]*\)"):
        text = re.sub(pattern, " # ", text)
    found = re.findall(r"(?:^|[\s<>,;])([a-z]+@[a-z]+\.[a-z]+)(?=$|[\s<>,;])", text, re.ASCII)
    return [str(address) for address in found]


def as_text_of_wire(text: str) -> str:
    """Return text with what no header can hold as U+FFFD, as the parser reads it."""
    return "".join("\ufffd" if "\ud800" <= char <= "\udc7f" or "\udd00" <= char <= "\udfff" else char for char in text)


def _check_entry(entry: ParsedAddress) -> None:
    assert entry.addr_spec, "an empty address"
    assert entry.defect is None or entry.defect in DEFECTS, "an unknown defect"
    assert entry.key is not None or entry.defect is not None, "unresolved without a reason"
    for shown in (entry.addr_spec, entry.display_name, entry.key or "", entry.group or ""):
        shown.encode("utf-8")
    if entry.key is not None:
        assert address_key(entry.addr_spec) == entry.key, "a key of another address"
        assert address_key(entry.key) == entry.key, "a key that is not its own"
    # Escapes of ISO-2022-JP that a stray quote kept apart may meet in the raw name.
    if entry.display_name_raw and "\x1b$" not in entry.display_name_raw:
        assert finish_name(as_text(entry.display_name_raw), None).shown == entry.display_name, "raw reads differently"


def _check_neighbours(text: str) -> None:
    # What follows closes nothing, so nothing that the text leaves open can take it in.
    keys = [entry.key for entry in parse_address_list(f"{FIRST}, {text}, {LAST}")]
    assert FIRST in keys, "the neighbour before is lost"
    assert LAST in keys, "the neighbour behind is lost"


def check_text(raw: bytes | str) -> None:
    """Raise AssertionError when decoding a text breaks what is promised for any."""
    text = decode_text(raw)
    text.encode("utf-8")
    assert "\n" not in text, "a line end"
    assert "\r" not in text, "a line end"
