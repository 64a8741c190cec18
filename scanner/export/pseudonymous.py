"""
A report in which everybody and everything that could name somebody is a pseudonym.

It stands between the report and the formats, so that each of them writes
pseudonyms without knowing of it. Pseudonyms are those of the notebook's
frames under the same key: who has the key can tie them to people again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar, cast

from scanner import model
from scanner.export.hiding import (
    DATE,
    DECIDER,
    DROPPED,
    EXCLUSION,
    FLAG,
    HANDED_OUT,
    LABELS,
    MEDIA_TYPE,
    PLAIN,
    QUOTED,
    REASON,
    RULE,
    WORD,
    Hider,
)
from scanner.model import Report
from scanner.pseudonym import Pseudonymiser

_T = TypeVar("_T")

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
            "method": WORD,
            "disposition": WORD,
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
        # An error may name a host or a mailbox.
        model.InboxReading: {"account": "account", "error": "text"},
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
        model.Since: {"new": PLAIN, "grown": PLAIN, "gone": PLAIN, "decided": PLAIN, "noted": PLAIN},
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
            "own_mail_note": "text",
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
        self._text = Hider(pseudonymiser).text
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


def _key(entry: Any) -> str:
    for name in ("key", "address"):
        if hasattr(entry, name):
            return str(getattr(entry, name))
    return str(entry.addresses)
