"""The words by which a parsed address, or a message, says what was wrong with a header field."""

from collections.abc import Mapping
from types import MappingProxyType

DEFECTS: Mapping[str, str] = MappingProxyType(
    {
        "at_in_name": "an @ stands unquoted in a display name; whoever it names is not counted as a recipient",
        "bad_host": "the part after the @ is missing or no host name",
        "bad_local_part": "the part before the @ is missing or cannot be read",
        "comment_address": "the address stood in a comment after a name, with no other address beside it",
        "control_character": "control or invisible characters were removed from the address",
        "encoded_address": "the address itself was written as an encoded word, which RFC 2047 forbids",
        "extra_at": "the local part holds an unquoted @",
        "fullwidth_at": "a full-width @ was read as @",
        "list_in_angle": "several addresses stood in one pair of angle brackets",
        "list_in_comment": "a comment holds what looks like further entries of the list; they are not counted",
        "list_in_name": "a quoted name holds what looks like further entries of the list; they are not counted",
        "missed_address": "an @ outside quotes and comments belongs to no entry that was read",
        "no_address": "an entry without an address: a name, a list or a link",
        "notes_name": "a name of Lotus Notes, no mail address",
        "odd_local_part": "the local part breaks the syntax of RFC 5322, 3.4.1, but can be read",
        "percent_address": "the @ was written as %40",
        "quoted_list": "addresses stood in quotes, with no address beside them",
        "raw_iso_2022": "Japanese stood raw in the field, in ISO-2022-JP, and was decoded",
        "raw_8bit": "bytes above 127 are not UTF-8 and were read as windows-1252",
        "sentinel_host": "a placeholder that a server wrote for a broken address",
        "stray_text": "text that belongs to no name or address stood beside the address",
        "trailing_dot": "the host ended with a dot",
        "unclosed_angle": "an angle bracket was never closed",
        "unclosed_quote": "a quote was opened and never closed",
        "x500_name": "an X.500 name of an Exchange user: someone inside, without a mail address",
    }
)
"""Defect word → its meaning. Words are stored, so none is ever reused for something else."""
