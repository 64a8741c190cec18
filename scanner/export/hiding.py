"""
How a text is hidden: as a whole by a keyed pseudonym, or only that part of it which could name somebody.

What kind each text of a report is, scanner.export.pseudonymous knows; of the
notebook's frames, the columns (reports/columns.toml).
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from mimetypes import MimeTypes
from typing import Any

from scanner.export.words.wording import CLIENT_REGISTER
from scanner.flag import is_flag
from scanner.model import AUTOMATIC
from scanner.pseudonym import Pseudonymiser

PLAIN = ""
"""A text of ours, or of the organisation's settings, that names nobody."""

DROPPED = "dropped"
"""A text that is left out: nobody needs it, and nothing tells what is in it."""

QUOTED = "quoted"
"""A sentence of ours; what it quotes in “…” is text of mail or settings."""

DATE = "date"
"""A Date field: shown as it is when it is one, and no free text or comment."""

FLAG = "flag"
"""A flag that is heeded, or somebody's own words, which may name a person."""

DECIDER = "decider"
"""Who decided: a person, or nobody, which is `automatic`."""

EXCLUSION = "exclusion"
"""Why a mailbox is read or not: a sentence of ours, or behind `excluded:` one of the settings."""

MEDIA_TYPE = "media type"
"""A type of content: shown when it is a usual one; others may hold anything (RFC 2045, 5.1)."""

LABELS = "labels"
"""Names of labels, with commas between them: persons give them, and they may name one; the register's is ours."""

RULE = "rule"
"""Which rule put an address inside or outside: words of ours, behind some of them a domain or a group's name."""

REASON = "reason"
"""As `QUOTED`; of the rule `label` the labels stand without quotes."""

HANDED_OUT = "handed out"
"""What the log says of a report: its state and hashes; the names of its files are somebody's words."""

WORD = "word"
"""One word of a header field: shown when it is a usual one; others may be any word (RFC 2183, 2.8)."""

_EXCLUDED = "excluded: "
_LABELLED = "labelled "
_LABEL_SEPARATOR = ", "
_RULES = (("sister domain ", "domain"), ("domain ", "domain"), ("protected ", "group"))
"""How a rule begins that names something, and the kind of the pseudonym of what follows."""

_USUAL_TYPES = frozenset(
    {
        *MimeTypes(()).types_map[True].values(),
        *("message/delivery-status", "message/disposition-notification", "message/rfc822", "text/calendar"),
        *("multipart/alternative", "multipart/mixed", "multipart/related", "multipart/report", "multipart/signed"),
        *("application/ms-tnef", "application/pgp-encrypted", "application/pgp-signature", "text/rtf"),
        *("application/pkcs7-mime", "application/pkcs7-signature", "text/rfc822-headers"),
        *(
            f"application/vnd.openxmlformats-officedocument.{kind}"
            for kind in ("presentationml.presentation", "spreadsheetml.sheet", "wordprocessingml.document")
        ),
        *(f"application/vnd.oasis.opendocument.{kind}" for kind in ("presentation", "spreadsheet", "text")),
    }
)
# RFC 5546, 1.4, and RFC 2183, 2.1.
_USUAL_WORDS = frozenset(
    {
        *("PUBLISH", "REQUEST", "REPLY", "ADD", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER"),
        *("attachment", "inline", "form-data"),
    }
)
_STATE_OF_EXPORT = ("generated_at", "policy_sha256", "decision_log", "audience", "incident")

# RFC 5322, 3.3, with the obsolete zones of 4.3 and no comments, which may hold anything.
_DATE_FIELD = re.compile(
    r"\s*(?:[A-Za-z]{3},\s*)?\d{1,2}\s+[A-Za-z]{3}\s+\d{2,4}\s+\d{1,2}:\d{2}(?::\d{2})?\s*(?:[+-]\d{4}|[A-Z]{1,4})?\s*"
)
_QUOTATION = re.compile("“([^”]*)”")
_USUAL = {MEDIA_TYPE: _USUAL_TYPES, WORD: _USUAL_WORDS}


class Hider:
    """
    Hides texts of any kind: one of the words above, or the kind of its pseudonym.

    Args:
        pseudonymiser: Holds the key.
    """

    def __init__(self, pseudonymiser: Pseudonymiser) -> None:
        # A name comes back in thousands of rows: its pseudonym is computed once.
        self._pseudonym = cache(pseudonymiser.pseudonym)

    def text(self, kind: str, value: Any) -> Any:
        """Return a text, a tuple of texts (sorted anew) or a mapping to texts, hidden as its kind asks for."""
        if value is None or kind == PLAIN:
            return value
        if isinstance(value, tuple):
            texts = [self.text(kind, each) for each in value]
            return tuple(texts if kind == PLAIN else sorted(texts))
        if kind == HANDED_OUT:
            return self._handed_out(value)
        if isinstance(value, Mapping):
            return {} if kind == DROPPED else {name: self.text(kind, text) for name, text in value.items()}
        if kind == DROPPED:
            return type(value)()
        if kind == FLAG:
            return value if is_flag(value) else self._pseudonym("text", value)
        if kind == DECIDER:
            return value if value == AUTOMATIC else self._pseudonym("name", value)
        if kind == QUOTED:
            return _QUOTATION.sub(lambda found: f"“{self._pseudonym('text', found[1])}”", value)
        if kind == LABELS:
            return _LABEL_SEPARATOR.join(map(self._label, value.split(_LABEL_SEPARATOR)))
        if kind == RULE:
            return self._rule(value)
        if kind == REASON:
            return self._reason(value)
        if kind == EXCLUSION and value.startswith(_EXCLUDED):
            return f"{_EXCLUDED}{self._pseudonym('text', value.removeprefix(_EXCLUDED))}"
        if kind == EXCLUSION:
            return self.text(QUOTED, value)
        if kind in _USUAL:
            return value if value in _USUAL[kind] or not value else self._pseudonym("text", value)
        if kind == DATE:
            return value if _DATE_FIELD.fullmatch(value) else self._pseudonym("text", value)
        return self._pseudonym(kind, value)

    def _label(self, name: str) -> str:
        return name if name == CLIENT_REGISTER else self._pseudonym("label", name)

    def _rule(self, text: str) -> str:
        for beginning, kind in _RULES:
            if text.startswith(beginning):
                return f"{beginning}{self._pseudonym(kind, text.removeprefix(beginning))}"
        return text

    def _reason(self, text: str) -> str:
        """Return a reason, in words or as phrases, with its labels and what it quotes hidden."""
        if text.startswith(_LABELLED):
            return f"{_LABELLED}{self.text(LABELS, text.removeprefix(_LABELLED))}"
        if text.startswith("["):
            phrases = json.loads(text)
            for name, values in phrases:
                if name == "label":
                    values["labels"] = self.text(LABELS, values["labels"])
            text = json.dumps(phrases, ensure_ascii=False, sort_keys=True)
        return str(self.text(QUOTED, text))

    def _handed_out(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        known = {name: payload[name] for name in _STATE_OF_EXPORT if name in payload}
        files = [{**file, "name": self._pseudonym("file", file["name"])} for file in payload.get("files", ())]
        return {**known, "files": files}
