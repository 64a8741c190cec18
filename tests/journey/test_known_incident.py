"""Every publicly known disclosure with figures gives exactly these: in the JSON, workbook and terminal alike."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from scanner.columns import ladder
from tests.corpus.known import DOMAINS, KnownIncident, known_incidents
from tests.journey.place import COMMAND, Place
from tests.servers.dovecot import Dovecot

KNOWN = known_incidents()
_MESSAGE_ID = re.compile(rb"^Message-ID: *(<[^>]+>)", re.MULTILINE | re.IGNORECASE)


@pytest.fixture(scope="module")
def scanned(dovecot_server: Dovecot, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Scan one account for each disclosure into one store."""
    assert COMMAND.exists(), "install the package first: pip install --editable '.[dev]'"
    # The smallest known ones show two people; what is low in the queue is still to be counted exactly.
    policy = {"queue_floor": 2, "queue_score": -1000}
    place = Place(tmp_path_factory.mktemp("known"), domains=tuple(sorted(DOMAINS)), policy=policy)
    for number, known in enumerate(KNOWN, 1):
        account = dovecot_server.add_account(f"known{number}")
        for mailbox in sorted({message.mailbox for message in known.messages}):
            mails = [
                (message.internal_at, ("\\Seen",), message.content)
                for message in known.messages
                if message.mailbox == mailbox
            ]
            dovecot_server.deliver(account, mailbox, mails)
        place.add(account, port=dovecot_server.port, name=known.id)
    place.scan()
    return place


@pytest.fixture(scope="module")
def incidents(scanned: Place) -> dict[str, list[dict[str, Any]]]:
    """Return the JSON report's incidents by Message-ID."""
    found: dict[str, list[dict[str, Any]]] = {}
    for incident in scanned.report()["incidents"]:
        for message_id in {message["message_id"] for message in incident["messages"]}:
            found.setdefault(message_id, []).append(incident)
    return found


def _ids(known: KnownIncident) -> list[str]:
    matches = (_MESSAGE_ID.search(message.content) for message in known.messages)
    return [match[1].decode() for match in matches if match]


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.id)
def test_a_known_disclosure_is_one_incident_with_its_figures(
    known: KnownIncident, incidents: Mapping[str, list[dict[str, Any]]]
) -> None:
    """All its messages meet in one incident, and each rung of the ladder is the one that the sources give."""
    message_ids = _ids(known)

    met = {incident["id"]: incident for message_id in message_ids for incident in incidents.get(message_id, [])}

    assert len(message_ids) == len(known.messages)
    assert len(met) == 1, f"{len(met)} incidents instead of one"
    ladder = next(iter(met.values()))["ladder"]
    assert {rung: ladder[rung] for rung in known.expect} == dict(known.expect)


@pytest.fixture(scope="module")
def workbook(scanned: Place) -> dict[str, dict[str, Any]]:
    """Return the rows of the workbook's sheet Incidents by key: header → cell."""
    assert scanned.run("report", "report.xlsx").code == 0
    rows = CalamineWorkbook.from_path(scanned.folder / "report.xlsx").get_sheet_by_name("Incidents").to_python()
    start = next(number for number, row in enumerate(rows) if "Incident" in row)
    cells = (dict(zip(rows[start], row, strict=True)) for row in rows[start + 1 :])
    return {row["Incident"]: row for row in cells}


HEADERS = {rung.name: rung.header for rung in ladder()}


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.id)
def test_the_workbook_and_the_terminal_give_the_same_figures(
    known: KnownIncident,
    incidents: Mapping[str, list[dict[str, Any]]],
    workbook: Mapping[str, Mapping[str, Any]],
    scanned: Place,
) -> None:
    """The sheet Incidents and `blindcopy show` print each rung of the row, under the header of its column."""
    # Mail that hid its recipients is evidence beside the incident, and in none of its messages.
    key = next(incidents[one][0]["id"] for one in _ids(known) if one in incidents)

    note = scanned.run("show", key).answer
    shown = {
        rung: int(found[1].replace(",", ""))
        for rung in known.expect
        if (found := re.search(rf"^ *{re.escape(HEADERS[rung])} +([\d,]+) ", note, re.MULTILINE))
    }

    assert shown == dict(known.expect)
    assert {rung: workbook[key][HEADERS[rung]] for rung in known.expect} == dict(known.expect)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.id)
def test_an_incident_holds_no_mail_of_another(
    known: KnownIncident, incidents: Mapping[str, list[dict[str, Any]]]
) -> None:
    """Disclosures of different people never run together, though one office sent them all."""
    message_ids = set(_ids(known))

    held = {
        message["message_id"]
        for message_id in message_ids
        for incident in incidents.get(message_id, [])
        for message in incident["messages"]
    }

    assert held
    assert held <= message_ids
