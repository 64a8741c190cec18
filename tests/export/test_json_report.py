"""The JSON report is the contract blindcopy/report/1, key by key."""

import io
import json
from dataclasses import fields, replace
from typing import Any

from scanner.export.json_report import write
from scanner.model import FollowedUp, FollowUp, Identity, Ladder, ListMailing, ListTrace
from tests.export.sample import HOSTILE, SPRING, identity, report, sample_report

INCIDENT_KEYS = {
    "id", "rank", "score", "status", "subject", "senders", "first_sent_at", "last_sent_at", "label", "aware_at",
    "deadlines", "reasons", "ladder", "related", "bcc_siblings", "messages", "exposed", "viewers",
}  # fmt: skip
MESSAGE_KEYS = {
    "identity", "message_id", "account", "mailbox", "mailbox_role", "uidvalidity", "uid", "date_field", "sent_at",
    "internal_date", "kind", "header_sha256",
}  # fmt: skip
COVERAGE_KEYS = {
    "account", "mailbox", "uidvalidity", "enumerated", "stored", "vanished", "errored", "expunged_since", "oldest",
    "newest", "gaps",
}  # fmt: skip


def json_bytes(made: Any) -> bytes:
    """Return the bytes of the report's JSON."""
    file = io.BytesIO()
    write(made, file)
    return file.getvalue()


def test_every_key_of_the_contract_is_there() -> None:
    """Other tools read these; adding keys is allowed, leaving one out is not."""
    made = json.loads(json_bytes(sample_report()))

    incident = made["incidents"][0]
    assert made.keys() >= {"schema", "generated_at", "as_of", "tool_version", "parser_version", "policy_sha256"}
    assert made.keys() >= {"totals", "incidents", "people", "coverage"}
    assert made["totals"].keys() >= {"by_status", "below_floor"} | {rung.name for rung in fields(Ladder)}
    assert incident.keys() >= INCIDENT_KEYS
    assert incident["ladder"].keys() >= {rung.name for rung in fields(Ladder)}
    assert incident["messages"][0].keys() >= MESSAGE_KEYS
    assert incident["exposed"][0].keys() >= {"address", "person_id", "display_names", "tier", "messages"}
    assert incident["viewers"][0].keys() >= {"address", "inside", "field"}
    assert incident["reasons"][0].keys() >= {"rule", "points", "text"}
    assert made["people"][0].keys() >= {"person_id", "addresses", "display_names", "merge_reasons", "incidents"}
    assert made["coverage"][0].keys() >= COVERAGE_KEYS


def test_figures_and_times_are_what_the_report_says() -> None:
    """Nothing is counted again on the way."""
    made = json.loads(json_bytes(sample_report()))

    incident = made["incidents"][0]
    assert made["totals"]["exposure_events"] == made["totals"]["ladder"]["exposure_events"] == 164
    assert made["totals"]["below_floor"] == {"messages": 12, "addresses": 31}
    assert incident["ladder"]["exposed_addresses"] == 110
    assert incident["ladder"]["delivered"] == "unknown"
    assert incident["first_sent_at"] == "2026-03-29T00:30:00Z"
    assert incident["bcc_siblings"] == [identity(901)]
    assert incident["exposed"][55]["messages"] == [identity(1), identity(2)]


def test_each_stored_copy_has_an_entry() -> None:
    """A message in four mailboxes has four entries with one identity."""
    made = json.loads(json_bytes(sample_report()))

    copies = made["incidents"][0]["messages"]

    assert [copy["identity"] for copy in copies] == [identity(1)] * 4 + [identity(2)]
    assert [copy["mailbox"] for copy in copies] == ["Sent", "Archive/1", "Archive/2", "Archive/3", "Sent"]


def test_what_is_not_queued_is_listed_in_short() -> None:
    """Key, score, the reason in words, figures, dates and subject; the worst first."""
    small, low = json.loads(json_bytes(sample_report()))["below_floor"]

    assert (small["id"], small["score"], small["subject"]) == ("b" * 12, 22, "Two of us")
    assert small["why_not"].startswith("it exposes 2 addresses, fewer than the queue floor of 5")
    assert small["first_sent_at"] == "2026-03-29T00:30:00Z"
    assert small["ladder"]["exposed_addresses"] == 2
    assert low["why_not"] == "its score of -3 is under the queue score of 10"


def test_texts_arrive_exactly() -> None:
    """A program gets the text itself, not the form for people; also control characters and surrogates."""
    made = json.loads(json_bytes(sample_report()))

    names = {name for entry in made["incidents"][1]["exposed"] for name in entry["display_names"]}

    assert names == {*HOSTILE, "Plain Name"}


def test_the_same_report_gives_the_same_bytes() -> None:
    """Keys are sorted and the file ends with a line end."""
    data = json_bytes(sample_report())

    assert data == json_bytes(sample_report())
    assert data.endswith(b"}\n")
    assert list(json.loads(data)) == sorted(json.loads(data))
    data.decode("utf-8")


def test_an_empty_report_is_complete_json() -> None:
    """Nothing found is an answer."""
    empty = replace(report([]), all_coverage=(), all_gaps=(), all_also_look=())

    made = json.loads(json_bytes(empty))

    assert (made["incidents"], made["people"], made["coverage"], made["gaps"]) == ([], [], [], [])
    assert made["totals"]["newest_sent_at"] is None


def test_what_stands_beside_the_incidents_has_keys() -> None:
    """Lists once for all their incidents, follow-ups by incident, near misses, witnesses, own senders."""
    made = sample_report()
    first, *others = made.all_incidents
    mailings = tuple(ListMailing(SPRING + each, (Identity("ab" * 32),), 60, 60, True, "", 0) for each in (0, 1))
    told = replace(
        first,
        list_trace=ListTrace("a" * 12, mailings, parts=2, is_short=False),
        follow_up=FollowUp(
            SPRING, (FollowedUp(first.exposed[0].key, SPRING, Identity("ab" * 32), "answer"),), (), 109, 1
        ),
    )

    read = json.loads(json_bytes(replace(made, all_incidents=(told, *others))))

    assert read["incidents"][0]["list"]["times"] == read["incidents"][0]["list"]["open"] == 2
    assert read["incidents"][1]["list"] is read["incidents"][1]["follow_up"] is None
    assert read["incidents"][0]["follow_up"]["individual"][0]["address"] == first.exposed[0].key
    assert [(one["id"], one["incidents"], len(one["mailings"])) for one in read["lists"]] == [
        ("a" * 12, [first.key], 2)
    ]
    assert read["near_misses"][0]["mailings"] == 12
    assert read["witness"]["missing"][0]["messages"] == 7
    assert read["witness"]["months"][0]["silent"] == ["2025-08", "2025-09"]
    assert read["senders_not_scanned"][0]["address"] == "info@corp.example"
