"""Why an incident is queued, as the note says it."""

from dataclasses import replace

from scanner.export.note.standing import why_queued
from scanner.model import Incident, MessageKind
from tests.export.sample import sample_report


def _queued_by(*kinds: MessageKind) -> Incident:
    """Return an incident that a recall queued, with messages of these kinds."""
    incident = next(sample_report().incidents())
    unseen = kinds[0] == "recall"
    parts = [replace(incident.messages[0], kind=kind, is_unseen_recall=unseen) for kind in kinds]
    return replace(incident, queued="recall", messages=tuple(parts), bcc_siblings=())


def test_a_recall_of_a_stored_mail_is_told_as_a_fact() -> None:
    """The mail that somebody recalled is there."""
    said = why_queued(_queued_by("original", "recall"), 5)

    assert said == "somebody recalled it or apologised for it"


def test_a_recall_of_nothing_that_is_stored_is_told_as_what_its_subject_says() -> None:
    """With no earlier mail nothing says that somebody recalled it."""
    said = why_queued(_queued_by("recall", "recall"), 5)

    assert said.startswith("its subject says that somebody recalled an earlier mail")
    assert said.endswith("none that it could mean is stored before it")


def test_a_hidden_recall_is_one_of_a_stored_mail() -> None:
    """What called it back hid its recipients and is no message of the incident."""
    said = why_queued(_queued_by("original"), 5)

    assert said == "somebody recalled it or apologised for it"
