"""
The words that analysis knows, by language: one TOML file each, united on first use.

A file may hold any of these tables; all words lower case, NFC, accents kept:

    language    name of the language in itself
    [prefix]    words before a colon: reply, forward (what programs write, and nobody means otherwise);
                perhaps_reply, perhaps_forward (what begins other subjects too, in whatever language: believed
                only where a field says that the mail refers to another one); recall, perhaps_recall, correction,
                apology, resend (says that it went out before), reminder, invite
    [home]      answers: top-level domains where a prefix that elsewhere forwards answers
    [phrase]    words anywhere in a subject: apology (weak); error (a mail went wrong); event (a leak); delete (asks to
                delete or disregard a mail); request (asks to delete something, "..." for up to five words between)
                and mail (what makes it a mail). everyday makes an apology one for something else, topic a leak
                something to talk about, test a request one about a test
    [stem]      part, ordinal, of, to (between the ends of a range), number, numbered (what a number names, and counts
                no part of), months, month_abbreviations (stripped beside a number only), weekdays; attention: words
                before a colon that only want to be seen; commonplace: subjects that say nothing; file: names that
                programs give a file, numbers aside; device: how a device begins a subject
    [names]     given names, titles, not_names (words that no person's name holds), particles;
                marks: words that address books put beside a person's name (patient, class);
                surnames: of one in fifty of a people or community, or more, in Latin letters;
                short_forms: a name and what people are called for it, divided by blanks
    [sensitive] category → words of subjects that hint at sensitive data

To add a language, add a file. All languages apply at once: an organisation
writes in several, and a recipient's client prefixes in its own.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

TABLES: Mapping[str, frozenset[str]] = {
    "prefix": frozenset(
        {
            *("reply", "perhaps_reply", "forward", "perhaps_forward", "recall", "perhaps_recall"),
            *("correction", "apology", "resend", "reminder", "invite"),
        }
    ),
    "home": frozenset({"answers"}),
    "phrase": frozenset({"apology", "error", "event", "everyday", "topic", "delete", "request", "mail", "test"}),
    "stem": frozenset(
        {
            "attention",
            "ordinal",
            "to",
            "numbered",
            "part",
            "of",
            "number",
            "months",
            "month_abbreviations",
            "weekdays",
            "commonplace",
            "file",
            "device",
        }
    ),
    "names": frozenset({"given", "marks", "titles", "not_names", "particles", "short_forms", "surnames"}),
}
"""Lists that a file may hold, by table; [sensitive] has free categories."""


# Soft hyphen, marks of direction (Unicode, UAX #9), blanks and joiners of no width, byte order mark.
_UNSEEN = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All languages united; every word case-folded and NFC."""

    words: Mapping[tuple[str, str], frozenset[str]]
    """(table, list) → words; every list of TABLES is there, maybe empty."""

    sensitive: Mapping[str, frozenset[str]]
    """Category → words, by category."""

    def __call__(self, table: str, name: str) -> frozenset[str]:
        """Return the words of one list; KeyError if TABLES does not know it."""
        return self.words[table, name]


@cache
def lexicon() -> Lexicon:
    """Return the united lexicon; ValueError names a table or list that does not exist."""
    words: dict[tuple[str, str], set[str]] = {(table, name): set() for table, names in TABLES.items() for name in names}
    sensitive: dict[str, set[str]] = {}
    for file in language_files():
        for table, lists in tomllib.loads(file[1]).items():
            if table == "language":
                continue
            for name, entries in lists.items():
                if table == "sensitive":
                    sensitive.setdefault(name, set()).update(map(fold, entries))
                elif (table, name) in words:
                    words[table, name].update(map(fold, entries))
                else:
                    raise ValueError(f"lexicon {file[0]}: [{table}] has no list {name}")
    return Lexicon(
        {key: frozenset(entries) for key, entries in words.items()},
        {category: frozenset(sensitive[category]) for category in sorted(sensitive)},
    )


def alternatives(words: Iterable[str]) -> str:
    """Return a pattern of any of these words, the longest first: an alternation takes the first that fits."""
    # An empty list must match nothing.
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word))) or "(?!)"


def language_files() -> list[tuple[str, str]]:
    """Return (file name, text) of every language, by name."""
    folder = resources.files("scanner.analyse.lexicon")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    return [(entry.name, entry.read_text(encoding="utf-8")) for entry in files]


def fold(text: str) -> str:
    """
    Return text for comparison: NFKC, case-folded, NFC again; without marks that nobody sees.

    Clients put marks of direction before a prefix and within it, so that
    `RE:` and Arabic or Hebrew words stand in their order.
    """
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())
    # Turkish tells two letters apart by their dot, which the case of the others loses (Unicode, SpecialCasing).
    return _UNSEEN.sub("", folded.replace("i\u0307", "i").replace("\u0131", "i"))
