"""The known disclosures: the mail built for them holds what their rows say, and the rows agree with the shared ones."""

import os
import tomllib
from collections.abc import Mapping
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.known import ACCOUNT, KnownIncident, known_incidents, known_rows

NOT_FIGURES = {"assumption", "unseen", "visible_to_headers", "why"}
INCIDENTS = known_incidents()


def addresses(content: bytes, field: str) -> list[str]:
    """Return the addresses of one field, lower case, as the standard library reads this well-formed mail."""
    header = BytesHeaderParser().parsebytes(content)
    return [address.lower() for _, address in getaddresses(header.get_all(field, []))]


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: incident.id)
def test_mail_of_an_incident_adds_up_to_its_figures(incident: KnownIncident) -> None:
    """Counting distinct outsiders in To and Cc of the built mail gives the figures of the row."""
    shown = [
        {key for field in ("to", "cc") for key in addresses(message.content, field)} - {ACCOUNT}
        for message in incident.messages
    ]

    outsiders = [{key for key in keys if not key.endswith("@council.example")} for keys in shown]
    exposing = [keys for keys in outsiders if len(keys) >= 2]

    assert len(exposing) == incident.expect["messages"]
    assert sum(map(len, exposing)) == incident.expect["exposure_events"]
    assert len(set().union(*exposing)) == incident.expect["exposed_addresses"]
    assert len(set().union(*shown)) == incident.expect.get("viewers", len(set().union(*shown)))


def test_no_person_stands_in_two_incidents() -> None:
    """All incidents can share one mailbox, because no address is used by two of them."""
    seen: set[str] = set()

    for incident in INCIDENTS:
        own = {
            key
            for message in incident.messages
            for field in ("to", "cc", "bcc")
            for key in addresses(message.content, field)
            if not key.endswith("@council.example")
        }
        assert not own & seen, incident.id
        seen |= own


def test_repeated_entries_are_written_in_other_case_too() -> None:
    """The 270 entries of one list hold 264 addresses, some repeated in capital letters."""
    ymca = next(incident for incident in INCIDENTS if incident.id == "central-ymca-2022")

    header = BytesHeaderParser().parsebytes(ymca.messages[0].content)
    written = [address for _, address in getaddresses([header["cc"]])]

    assert len(written) == 270
    assert len({address.lower() for address in written}) == 264
    assert len(set(written)) == 267


def test_messages_lie_in_order_of_time() -> None:
    """The first message of an incident is its earliest."""
    for incident in INCIDENTS:
        moments = [message.internal_at for message in incident.messages]

        assert moments == sorted(moments), incident.id


def shared_rows() -> list[Mapping[str, Any]]:
    """Return the shared rows that expect figures; skip, or fail under CI, when they are not on this machine."""
    root = Path(__file__).parents[2]
    folder = Path(os.environ.get("BLINDCOPY_TEST_DATA", root.parent / "shared" / "data"))
    file = folder / "known-incidents.toml"
    if not file.exists():
        reason = "known-incidents.toml is not here: set BLINDCOPY_TEST_DATA to its folder"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    rows = tomllib.loads(file.read_text(encoding="utf-8"))["incident"]
    return [row for row in rows if "messages" in row.get("expect", {})]


def test_rows_agree_with_the_shared_ones() -> None:
    """Every shared row that expects figures is here, with the same figures, dates and recipients."""
    own = {row["id"]: row for row in known_rows()}

    for row in shared_rows():
        mine = own.pop(row["id"])
        assert mine["expect"] == {key: value for key, value in row["expect"].items() if key not in NOT_FIGURES}
        assert mine.get("date_is_stated", True) == ("date" in row or "dates" in row)
        if mine.get("date_is_stated", True):
            assert mine["date"] == (row.get("date") or row["dates"][0])
        assert [summary(message) for message in mine["message"]] == [
            summary(message) for message in row["message"] if message.keys() & {"recipients", "recipients_assumed"}
        ]

    assert not own


def summary(message: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what both files say of a message, in the words of ours."""
    field = "to" if message["field"] == "visible" else message["field"]
    recipients = message.get("recipients") or message["recipients_assumed"]
    distinct = message.get("distinct") or message.get("recipients_distinct") or recipients
    return message["kind"], field, recipients, distinct, message.get("count", 1)
