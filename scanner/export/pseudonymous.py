"""
A report in which everybody and everything that could name somebody is a pseudonym.

It stands between the report and the formats, so that each of them writes
pseudonyms without knowing of it. Pseudonyms are those of the notebook's
frames under the same key: who has the key can tie them to people again.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from mimetypes import MimeTypes
from types import MappingProxyType
from typing import Any, TypeVar, cast

from scanner import model
from scanner.export.wording import CLIENT_REGISTER
from scanner.flag import is_flag
from scanner.model import AUTOMATIC, Report
from scanner.pseudonym import Pseudonymiser

_T = TypeVar("_T")

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
_STATE_OF_EXPORT = ("generated_at", "policy_sha256", "decision_log", "audience", "incident")

# RFC 5322, 3.3, with the obsolete zones of 4.3 and no comments, which may hold anything.
_DATE_FIELD = re.compile(
    r"\s*(?:[A-Za-z]{3},\s*)?\d{1,2}\s+[A-Za-z]{3}\s+\d{2,4}\s+\d{1,2}:\d{2}(?::\d{2})?\s*(?:[+-]\d{4}|[A-Z]{1,4})?\s*"
)
_QUOTATION = re.compile("“([^”]*)”")

TEXTS: Mapping[type, Mapping[str, str]] = MappingProxyType(
    {
        model.Reason: {"rule": PLAIN, "text": REASON, "said": REASON},
        model.Client: {
            "id": "client",
            "name": "name",
            "postal_address": "text",
            "flags": FLAG,
            "safe_channel": "text",
        },
        model.StoredRecipient: {
            "field": PLAIN,
            "key": "address",
            "written": "written",
            "display_name": "name",
            "group": "name",
            "defect": PLAIN,
        },
        model.StoredCopy: {"account": "account", "mailbox": "mailbox", "role": PLAIN, "header_sha256": PLAIN},
        model.StoredMessage: {
            "identity": PLAIN,
            "message_id": "message_id",
            "date_field": DATE,
            "origin": PLAIN,
            "subject": "subject",
            "fields": DROPPED,
        },
        model.MessagePart: {
            "section": PLAIN,
            "content_type": MEDIA_TYPE,
            "method": PLAIN,
            "disposition": PLAIN,
            "file_name": "file",
        },
        model.IncidentMessage: {"kind": PLAIN, "exposed": "address"},
        model.ExposedAddress: {
            "key": "address",
            "person_id": "person",
            "display_names": "name",
            "tier": PLAIN,
            "messages": PLAIN,
            "tier_source": DECIDER,
            "unfit_names": "name",
            "address_class": PLAIN,
            "rule": RULE,
        },
        model.Viewer: {"key": "address", "field": PLAIN, "received": PLAIN, "address_class": PLAIN, "rule": RULE},
        model.Receipt: {
            "key": "address",
            "kind": PLAIN,
            "status": PLAIN,
            "source": PLAIN,
            "place": "account",
            "mailbox": "mailbox",
            "sha256": PLAIN,
        },
        model.BulkSend: {"sender": "address", "subject": "subject", "message_id": "message_id", "trace": "text"},
        model.TraceImport: {"name": "text", "unknown": PLAIN},
        model.InboxReading: {"account": "account", "error": QUOTED},
        model.ListMember: {"key": "address", "names": "name"},
        model.KnownPerson: {"names": "name", "address": "address", "id": "client", "postal_address": "text"},
        model.ThroughList: {"address": "address", "as_of": PLAIN},
        model.Incident: {
            "key": PLAIN,
            "queued": PLAIN,
            "status": PLAIN,
            "subject": "subject",
            "senders": "address",
            "label": LABELS,
            "related": PLAIN,
            "bcc_siblings": PLAIN,
        },
        model.RelatedIncident: {"key": PLAIN, "subject": "subject", "why": PLAIN},
        model.IncidentChange: {"key": PLAIN, "change": PLAIN, "detail": PLAIN},
        model.Since: {"new": PLAIN, "grown": PLAIN, "gone": PLAIN, "decided": PLAIN},
        model.Outline: {"key": PLAIN, "status": PLAIN},
        model.Export: {"payload": HANDED_OUT, "chain_sha256": PLAIN},
        model.HeaderBlock: {"sha256": PLAIN, "content": DROPPED},
        model.KeptText: {"text": DROPPED},
        model.Statement: {
            "kind": PLAIN,
            "incident": PLAIN,
            "verdict": PLAIN,
            "scope": PLAIN,
            "decided_by": "name",
            "applied_by": "name",
            "payload": DROPPED,
            "chain_sha256": PLAIN,
        },
        model.ScanRecord: {"state": PLAIN, "tool_version": PLAIN, "settings_sha256": PLAIN},
        model.ScannedAccount: {"account": "account", "state": PLAIN, "server": "text", "tls": PLAIN},
        model.BelowIncident: {"key": PLAIN, "subject": "subject", "label": LABELS, "status": PLAIN},
        model.Standing: {"status": PLAIN, "aware_source": "text", "state": PLAIN},
        model.Signature: {"who": "name"},
        model.Deletion: {"address": "address"},
        model.Contact: {"notified_how": "text", "flags": FLAG, "safe_channel": "text"},
        model.Ruling: {
            "kind": PLAIN,
            "incident": PLAIN,
            "answer": PLAIN,
            "text": "text",
            "decided_by": "name",
            "applied_by": "name",
            "judged": PLAIN,
            "reference": "text",
        },
        model.Reopened: {"by": PLAIN, "who": "name"},
        model.Deadline: {"regime": PLAIN, "name": PLAIN, "addressee": PLAIN},
        model.Decision: {
            "incident": PLAIN,
            "verdict": PLAIN,
            "scope": PLAIN,
            "decided_by": "name",
            "applied_by": "name",
            "reason": "text",
            "judged": PLAIN,
            "people": DROPPED,
            "senders": DROPPED,
            "policy_sha256": PLAIN,
            "aware_source": "text",
        },
        model.AlsoLook: {"identity": PLAIN, "subject": "subject"},
        model.Person: {
            "person_id": "person",
            "addresses": "address",
            "display_names": "name",
            "tier": PLAIN,
            "merge_reasons": QUOTED,
            "incidents": PLAIN,
            "merge_confidence": PLAIN,
            "tier_source": DECIDER,
            "unfit_names": "name",
            "address_classes": PLAIN,
            "rules": RULE,
        },
        model.PeopleStatement: {
            "kind": PLAIN,
            "addresses": "address",
            "tier": PLAIN,
            "reason": "text",
            "decided_by": "name",
            "applied_by": "name",
        },
        model.PeopleSuggestion: {
            "rule": PLAIN,
            "confidence": PLAIN,
            "addresses": "address",
            "person_ids": "person",
            "names": "name",
        },
        model.ListTrace: {"id": PLAIN},
        model.ListMailing: {"identities": PLAIN, "evidence": PLAIN},
        model.FollowedUp: {"key": "address", "identity": PLAIN, "how": PLAIN},
        model.NearMiss: {"by": PLAIN, "account": "account", "mailbox": "mailbox", "label": LABELS},
        model.MissingMail: {"account": "account", "month": PLAIN, "examples": "message_id"},
        model.AccountMonths: {"account": "account", "silent": PLAIN},
        model.UnscannedSender: {"address": "address"},
        model.CoverageRow: {
            "account": "account",
            "mailbox": "mailbox",
            "role": PLAIN,
            "reason": EXCLUSION,
            "own_mail_note": PLAIN,
        },
        model.Gap: {"account": "account", "kind": PLAIN, "detail": "text", "mailbox": "mailbox", "raw": DROPPED},
        model.Totals: {"by_status": PLAIN, "left_out": PLAIN, "accounts_unreached": "account"},
        model.ReportHead: {
            "organisation": PLAIN,
            "time_zone": PLAIN,
            # Who ordered it and who was heard are persons; the rest is said in the organisation's own words.
            "mandate": "text",
            "tool_version": PLAIN,
            "parser_version": PLAIN,
            "policy_sha256": PLAIN,
            "chain_head": PLAIN,
        },
    }
)
"""What each text of a report is: one of the words above, or the kind of its pseudonym. A test tells what is missing."""

_BY_KEY = (
    model.Deletion,
    model.ExposedAddress,
    model.FollowedUp,
    model.ListMember,
    model.PeopleSuggestion,
    model.ThroughList,
    model.Viewer,
)


class PseudonymousReport:
    """
    A `Report` that gives pseudonyms.

    Args:
        report: The report with names.

        pseudonymiser: Holds the key.
    """

    def __init__(self, report: Report, pseudonymiser: Pseudonymiser) -> None:
        self._report = report
        # A name comes back in thousands of rows: its pseudonym is computed once.
        self._pseudonym = cache(pseudonymiser.pseudonym)
        self.head = self._hidden(report.head)
        self.totals = self._hidden(report.totals)

    def __getattr__(self, name: str) -> Callable[..., Iterator[Any]]:
        """Return a method of the report; what it yields is hidden. So no part of a report can be forgotten here."""
        method = getattr(self._report, name)

        def hidden(*arguments: Any) -> Iterator[Any]:
            return map(self._hidden, method(*arguments))

        return hidden

    def people_suggestions(self) -> Iterator[model.PeopleSuggestion]:
        """Yield by pseudonym: in the report they stand by address."""
        yield from self._hidden(tuple(self._report.people_suggestions()))

    def _hidden(self, value: _T) -> _T:
        """Return a frozen object of the model with pseudonyms in place of its texts."""
        if isinstance(value, tuple):
            hidden = tuple(map(self._hidden, value))
            if hidden and isinstance(hidden[0], _BY_KEY):
                # The order of the real addresses would tell something of them.
                hidden = tuple(sorted(hidden, key=_key))
            return cast(_T, hidden)
        if not is_dataclass(value) or isinstance(value, type):
            return value
        kinds = TEXTS.get(type(value), {})
        changed = {}
        for field in fields(value):
            former = getattr(value, field.name)
            kind = kinds.get(field.name)
            changed[field.name] = self._hidden(former) if kind is None else self._text(kind, former)
        return cast(_T, replace(value, **changed))

    def _text(self, kind: str, value: Any) -> Any:
        if value is None or kind == PLAIN:
            return value
        if isinstance(value, tuple):
            texts = [self._text(kind, each) for each in value]
            return tuple(texts if kind == PLAIN else sorted(texts))
        if kind == HANDED_OUT:
            return self._handed_out(value)
        if isinstance(value, Mapping):
            return {} if kind == DROPPED else {name: self._text(kind, text) for name, text in value.items()}
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
            return self._text(QUOTED, value)
        if kind == MEDIA_TYPE:
            return value if value in _USUAL_TYPES or not value else self._pseudonym("text", value)
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
            return f"{_LABELLED}{self._text(LABELS, text.removeprefix(_LABELLED))}"
        if text.startswith("["):
            phrases = json.loads(text)
            for name, values in phrases:
                if name == "label":
                    values["labels"] = self._text(LABELS, values["labels"])
            text = json.dumps(phrases, ensure_ascii=False, sort_keys=True)
        return str(self._text(QUOTED, text))

    def _handed_out(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        known = {name: payload[name] for name in _STATE_OF_EXPORT if name in payload}
        files = [{**file, "name": self._pseudonym("file", file["name"])} for file in payload.get("files", ())]
        return {**known, "files": files}


def _key(entry: Any) -> str:
    for name in ("key", "address"):
        if hasattr(entry, name):
            return str(getattr(entry, name))
    return str(entry.addresses)
