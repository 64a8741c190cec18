"""The part of the JSON report on what stands beside the incidents: lists, follow-ups, near misses, witnesses."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from scanner.export.tables.insight_rows import Lists
from scanner.export.words.moment import iso_utc
from scanner.model import (
    AccountMonths,
    FollowedUp,
    FollowUp,
    ListTrace,
    MissingMail,
    NearMiss,
    UnscannedSender,
)


def list_summary(trace: ListTrace | None) -> dict[str, Any] | None:
    """Return how often an incident's list went out; the mailings stand under "lists", once for all its incidents."""
    if trace is None:
        return None
    return {
        "id": trace.id,
        "times": trace.times,
        "open": trace.times_open,
        "hidden": trace.times - trace.times_open,
        "parts": trace.parts,
        "short": trace.is_short,
        "alphabetical": trace.is_alphabetical,
        "first_sent_at": iso_utc(trace.mailings[0].sent_at),
        "last_sent_at": iso_utc(trace.mailings[-1].sent_at),
    }


def list_objects(lists: Lists) -> Iterator[dict[str, Any]]:
    """Yield the lists that were gathered when the first is asked for."""
    for trace, keys in lists.result():
        yield {
            **(list_summary(trace) or {}),
            "incidents": keys,
            "mailings": [
                {
                    "sent_at": iso_utc(mailing.sent_at),
                    "open": mailing.is_open,
                    "addresses": mailing.addresses,
                    "shown": mailing.shown,
                    "evidence": mailing.evidence,
                    "in_order": mailing.in_order,
                    "messages": mailing.identities,
                }
                for mailing in trace.mailings
            ],
        }


def follow_up_object(follow_up: FollowUp | None) -> dict[str, Any] | None:
    """Return who was written to afterwards; None where nobody's address could be read."""
    if follow_up is None:
        return None
    return {
        "until": iso_utc(follow_up.until),
        "individual": [_followed_up(entry) for entry in follow_up.individual],
        "hidden": [_followed_up(entry) for entry in follow_up.hidden],
        "open": [_followed_up(entry) for entry in follow_up.open],
        "none": follow_up.none,
        "open_apologies": follow_up.open_apologies,
        "open_mails": follow_up.open_mails,
        "shown_again": follow_up.shown_again,
    }


def near_miss_object(entry: NearMiss) -> dict[str, Any]:
    """Return one row of near misses."""
    return {**asdict(entry), "last_sent_at": iso_utc(entry.last_sent_at)}


def sender_object(entry: UnscannedSender) -> dict[str, Any]:
    """Return one own sender without a scanned account."""
    return {"address": entry.address, "messages": entry.messages, "last_sent_at": iso_utc(entry.last_sent_at)}


def witness_object(missing: Iterable[MissingMail], months: Iterable[AccountMonths]) -> dict[str, Any]:
    """Return what stored mail says about mail that is not stored."""
    return {
        "missing": [asdict(entry) for entry in missing],
        "months": [
            {
                "account": entry.account,
                "silent": entry.silent,
                "usual": entry.usual,
                "begins_at": iso_utc(entry.begins_at),
            }
            for entry in months
        ],
    }


def _followed_up(entry: FollowedUp) -> dict[str, Any]:
    return {"address": entry.key, "sent_at": iso_utc(entry.sent_at), "identity": entry.identity, "how": entry.how}
