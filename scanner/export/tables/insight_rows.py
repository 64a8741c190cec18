"""Rows of the tables on what stands beside the incidents; column names are those of reports/columns.toml."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scanner.export.tables.rows import Values
from scanner.export.words.wording import wording
from scanner.model import (
    AccountMonths,
    AddressKey,
    Incident,
    IncidentKey,
    ListTrace,
    MissingMail,
    NearMiss,
    UnscannedSender,
)


class Lists:
    """Gathers the lists of incidents while these are written."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[ListTrace, list[IncidentKey]]] = {}

    def gathered(self, incidents: Iterable[Incident]) -> Iterator[Incident]:
        """Yield the incidents as they come."""
        for one in incidents:
            if one.list_trace is not None and one.list_trace.times > 1:
                self._found.setdefault(one.list_trace.id, (one.list_trace, []))[1].append(one.key)
            yield one

    def result(self) -> Iterator[tuple[ListTrace, tuple[IncidentKey, ...]]]:
        """Yield the lists that went out more than once with their incidents by rank, by id."""
        for name in sorted(self._found):
            trace, keys = self._found[name]
            yield trace, tuple(keys)


def incident_values(incident: Incident) -> Values:
    """Return what the row of an incident says of its list and of follow-ups; None where there is nothing to tell."""
    trace, told = incident.list_trace, incident.follow_up
    return {
        "list_times": trace and trace.times,
        "list_open": trace and trace.times_open,
        "followed_up": told and len(told.individual),
        "followed_up_hidden": told and len(told.hidden),
        "followed_up_open": told and len(told.open),
        "not_followed_up": told and told.none,
        "open_apologies": told and told.open_apologies + told.open_mails,
    }


def follow_up_words(incident: Incident) -> Mapping[AddressKey, str]:
    """Return, in words, by exposed address, whether a mail about it followed; empty where nobody was looked for."""
    told, words = incident.follow_up, wording()["follow_up"]
    if told is None:
        return {}
    found: dict[AddressKey, str] = {entry.key: words["none"] for entry in incident.exposed}
    found.update((entry.key, words["open"]) for entry in told.open)
    found.update((entry.key, words["hidden"]) for entry in told.hidden)
    found.update((entry.key, words["individual"]) for entry in told.individual)
    return found


def list_rows(trace: ListTrace, incidents: tuple[IncidentKey, ...]) -> Iterator[Values]:
    """Yield one row for each time a list went out."""
    words = wording()["list_evidence"]
    for mailing in trace.mailings:
        yield {
            "list_id": trace.id,
            "incidents": incidents,
            "sent_at": mailing.sent_at,
            "list_is_open": mailing.is_open,
            "list_addresses": mailing.addresses,
            "list_shown": mailing.shown,
            "list_evidence": words[mailing.evidence or "first"],
            "list_in_order": mailing.in_order if mailing.evidence else None,
            "list_messages": len(mailing.identities),
        }


def near_miss_row(entry: NearMiss) -> Values:
    """Return one row of near misses."""
    return {
        "near_miss_by": wording()["near_miss"][entry.by],
        "account": entry.account,
        "mailbox": entry.mailbox,
        "label": entry.label,
        "near_misses": entry.mailings,
        "near_miss_addresses": entry.addresses,
        "near_miss_largest": entry.largest,
        "last_sent_at": entry.last_sent_at,
    }


def missing_mail_row(entry: MissingMail) -> Values:
    """Return the row of cited mail that is not stored."""
    return _missing(entry.account, entry.month, "cited", messages=entry.messages, examples=entry.examples)


def month_rows(entry: AccountMonths) -> Iterator[Values]:
    """Yield the rows of an account's silent months, and of a beginning that looks cut."""
    if entry.begins_at is not None:
        yield _missing(entry.account, "", "cut", first_sent_at=entry.begins_at)
    for month in entry.silent:
        yield _missing(entry.account, month, "silent", usual=entry.usual)


def sender_row(entry: UnscannedSender) -> Values:
    """Return the row of an own sender without a scanned account."""
    return {"own_sender": entry.address, "sender_messages": entry.messages, "last_sent_at": entry.last_sent_at}


def _missing(account: str, month: str, what: str, **values: Any) -> Values:
    return {
        "account": account,
        "missing_month": month,
        "missing_what": wording()["missing_mail"][what],
        "missing_messages": values.get("messages"),
        "missing_usual": values.get("usual"),
        "first_sent_at": values.get("first_sent_at"),
        "missing_examples": values.get("examples", ()),
    }
