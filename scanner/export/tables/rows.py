"""
Rows of the report's tables, whatever the format: column name → value.

Nothing is counted here; figures come from the analysis. Column names are
those of reports/columns.toml, moments are seconds since 1970-01-01 UTC.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, TypeAlias

from scanner.export.words.wording import gap_meaning, reason_text, wording
from scanner.model import (
    SENDER_FIELDS,
    VISIBLE_FIELDS,
    AddressKey,
    AlsoLook,
    BelowIncident,
    Contact,
    CoverageRow,
    Gap,
    Incident,
    IncidentMessage,
    Ladder,
    PeopleStatement,
    PeopleSuggestion,
    Person,
    ReportHead,
    StoredMessage,
    StoredRecipient,
    attachments,
)

Values: TypeAlias = dict[str, Any]

# The widest first: To before Cc, both before the fields of a re-sending.
_WIDTH = ("to", "cc", "resent-to", "resent-cc")

# Figures of what a server lists: of a mailbox that was never opened nobody knows them.
_COUNTED = ("enumerated", "stored", "others", "vanished", "errored", "expunged_since", "drafts", "received", "with_bcc")


def ladder_values(ladder: Ladder) -> Values:
    """Return the rungs by name; `delivered` and `replied` are None while nothing proves them."""
    return asdict(ladder)


def incident_row(incident: Incident) -> Values:
    """Return the row of an incident; the columns that a person fills in are not named."""
    reason = wording()["lines"]["reason"]
    return {
        "rank": incident.rank,
        "incident": incident.key,
        "score": incident.score,
        "subject": incident.subject,
        "why": tuple(reason.format(text=reason_text(part), points=part.points) for part in incident.reasons),
        "status": incident.status,
        "queued": incident.queued,
        "senders": incident.senders,
        "first_sent_at": incident.first_sent_at,
        "last_sent_at": incident.last_sent_at,
        "label": incident.label,
        **ladder_values(incident.ladder),
        "related": incident.related,
        "bcc_sibling_count": len(incident.bcc_siblings),
        "bcc_siblings": incident.bcc_siblings,
    }


def message_rows(incident: Incident) -> Iterator[Values]:
    """Yield one row per stored copy of the incident's messages."""
    for part in incident.messages:
        message = part.message
        files = attachments(message.parts)
        names = tuple(dict.fromkeys(file.file_name for file in files or () if file.file_name))
        for copy in message.copies:
            yield {
                "rank": incident.rank,
                "incident": incident.key,
                "kind": part.kind,
                "sent_at": message.sent_at,
                "subject": message.subject,
                "senders": _senders(message) or incident.senders,
                "shown": len(part.exposed),
                "account": copy.account,
                "mailbox": copy.mailbox,
                "mailbox_role": copy.role,
                "uidvalidity": copy.uidvalidity,
                "uid": copy.uid,
                "deleted": copy.deleted,
                "expunged": copy.expunged,
                "internal_date": copy.internal_at,
                "date_field": message.date_field,
                "message_id": message.message_id,
                "identity": message.identity,
                "header_sha256": copy.header_sha256,
                "attachments": names,
                "attachment_count": None if files is None else len(files),
            }


def exposure_rows(incident: Incident) -> Iterator[Values]:
    """Yield one row per exposure event: per message, its distinct exposed addresses by key."""
    people = {entry.key: entry for entry in incident.exposed}
    for part in incident.messages:
        shown = _shown(part)
        for key in part.exposed:
            entry = people[key]
            places = shown.get(key, ())
            names = dict.fromkeys(place.display_name for place in places if place.display_name)
            yield {
                "rank": incident.rank,
                "incident": incident.key,
                "sent_at": part.message.sent_at,
                "address": key,
                "display_name": "; ".join(names),
                "unfit_name": "; ".join(name for name in names if name in entry.unfit_names),
                "field": min((place.field for place in places), key=_WIDTH.index, default=""),
                "tier": entry.tier,
                "tier_source": entry.tier_source,
                "address_class": entry.address_class,
                "class_rule": entry.rule,
                "written": places[0].written if places else "",
                "person_id": entry.person_id,
                "subject": part.message.subject,
                "identity": part.message.identity,
            }


def viewer_rows(incident: Incident) -> Iterator[Values]:
    """Yield one row per address that could see the incident's lists, by key."""
    noted = _deletions(incident)
    for viewer in incident.viewers:
        yield {
            **noted.get(viewer.key, {}),
            "rank": incident.rank,
            "incident": incident.key,
            "address": viewer.key,
            "inside": viewer.inside,
            "address_class": viewer.address_class,
            "class_rule": viewer.rule,
            "field": viewer.field,
            "receipt": viewer.received or "unknown",
        }


def through_rows(incident: Incident) -> Iterator[Values]:
    """Yield one row per member of a list that could see it, by list and key: beside the viewers, in no rung."""
    noted = _deletions(incident)
    for entry in incident.through_lists:
        for member in entry.members:
            yield {
                **noted.get(member.key, {}),
                "rank": incident.rank,
                "incident": incident.key,
                "address": member.key,
                "inside": member.inside,
                "through": entry.address,
            }


def _deletions(incident: Incident) -> dict[AddressKey, Values]:
    return {
        one.address: {"asked_at": one.requested_at, "deleted_at": one.confirmed_at, "log_number": one.number}
        for one in incident.standing.deletions
    }


def statement_row(statement: PeopleStatement) -> Values:
    """Return the row of what a person has stated about people."""
    return {
        "statement": statement.number,
        "stated": statement.kind,
        "addresses": statement.addresses,
        "stated_tier": statement.tier or "",
        "undoes": statement.undoes,
        "undone_by": statement.undone_by,
        "stated_reason": statement.reason,
        "stated_by": statement.decided_by,
        "stated_at": statement.decided_at,
    }


def suggestion_row(suggestion: PeopleSuggestion) -> Values:
    """Return the row of people who may be one person."""
    return {
        "suggestion": suggestion.rule,
        "suggestion_confidence": suggestion.confidence,
        "addresses": suggestion.addresses,
        "suggestion_names": suggestion.names,
        "suggestion_people": suggestion.person_ids,
    }


def person_row(person: Person) -> Values:
    """Return the row of an exposed person over all queued incidents."""
    return {
        "person_id": person.person_id,
        "addresses": person.addresses,
        "display_names": person.display_names,
        "tier": person.tier,
        "tier_source": person.tier_source,
        "unfit_names": person.unfit_names,
        "address_classes": person.address_classes,
        "class_rules": person.rules,
        "incident_count": len(person.incidents),
        "incidents": person.incidents,
        "first_sent_at": person.first_sent_at,
        "last_sent_at": person.last_sent_at,
        "merge_reasons": person.merge_reasons,
        "merge_confidence": person.merge_confidence,
        "client_ids": _texts(client.id for client in person.clients),
        "client_names": _texts(client.name for client in person.clients),
        "postal_addresses": _texts(", ".join(client.postal_address.splitlines()) for client in person.clients),
        "client_flags": _texts(flag for client in person.clients for flag in client.flags),
        "safe_channels": _texts(client.safe_channel for client in person.clients),
        **_contact(person.contact),
    }


def _contact(contact: Contact | None) -> Values:
    if contact is None:
        return {}
    return {
        "notified_at": contact.notified_at,
        "notified_how": contact.notified_how,
        "noted_flags": contact.flags,
        "noted_channel": contact.safe_channel,
        "log_number": contact.number,
    }


def _texts(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the texts that are not empty, each once, in their order."""
    return tuple(dict.fromkeys(text for text in texts if text))


def coverage_row(row: CoverageRow) -> Values:
    """Return the accounting of one mailbox epoch, or of an account never reached: its figures are empty, not 0."""
    values: Values = asdict(row)
    if not row.was_asked:
        values |= dict.fromkeys(_COUNTED)
    values["mailbox_role"] = values.pop("role")
    values["scope_reason"] = values.pop("reason")
    return values


def gap_row(gap: Gap) -> Values:
    """Return the row of a gap; the bytes that could not be read stay in the store."""
    return {
        "account": gap.account,
        "mailbox": gap.mailbox or "",
        "gap_kind": gap.kind,
        "gap_meaning": gap_meaning(gap.kind),
        "gap_detail": gap.detail,
        "uidvalidity": gap.uidvalidity,
        "uid": gap.uid,
    }


def why_not_queued(entry: Incident | BelowIncident, head: ReportHead) -> str:
    """Return in words why an incident is not queued."""
    words, exposed = wording()["below"], entry.ladder.exposed_addresses
    parts = []
    if entry.score < head.queue_score:
        parts.append(words["score"].format(score=entry.score, limit=head.queue_score))
    if exposed < head.queue_floor:
        # With score enough and two addresses a label queues whatever is no reply.
        why = "reply" if entry.label and exposed >= 2 and not parts else "floor"
        parts.append(words[why].format(exposed=exposed, limit=head.queue_floor))
    separator: str = wording()["lines"]["list"]
    return separator.join(parts)


def below_row(entry: BelowIncident, head: ReportHead) -> Values:
    """Return the row of an incident that is not queued."""
    return {
        "incident": entry.key,
        "score": entry.score,
        "subject": entry.subject,
        "why_not": why_not_queued(entry, head),
        "first_sent_at": entry.first_sent_at,
        "last_sent_at": entry.last_sent_at,
        "label": entry.label,
        **ladder_values(entry.ladder),
    }


def also_look_row(entry: AlsoLook) -> Values:
    """Return the row of a message that showed one outsider to many."""
    return asdict(entry)


def _shown(part: IncidentMessage) -> dict[AddressKey, list[StoredRecipient]]:
    shown: dict[AddressKey, list[StoredRecipient]] = {}
    for recipient in part.message.recipients:
        if recipient.key is not None and recipient.field in VISIBLE_FIELDS:
            shown.setdefault(recipient.key, []).append(recipient)
    return shown


def _senders(message: StoredMessage) -> tuple[AddressKey, ...]:
    keys = (entry.key for entry in message.recipients if entry.field in SENDER_FIELDS)
    return tuple(dict.fromkeys(key for key in keys if key is not None))
