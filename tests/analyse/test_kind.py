"""Kinds: what a message is by itself and within its incident."""

from collections.abc import Mapping

import pytest

from scanner.analyse.kind import alone_kind
from scanner.analyse.subject import read_subject
from scanner.model import MessageKind, MessagePart
from tests.analyse.sources import DAY, HOUR, MINUTE, NOON, mail, only, people


@pytest.mark.parametrize(
    ("subject", "fields", "kind"),
    [
        ("Camp", {}, "original"),
        ("Re: Camp", {}, "reply"),
        ("AW: Camp", {"in-reply-to": "<1@quay.example>"}, "reply"),
        # Whoever opens an old mail and puts in another subject keeps In-Reply-To.
        ("Camp", {"in-reply-to": "<1@quay.example>"}, "original"),
        ("", {"in-reply-to": "<1@quay.example>"}, "reply"),
        ("Betr.: Camp", {}, "original"),
        ("Betr.: Camp", {"in-reply-to": "<1@quay.example>"}, "reply"),
        ("Rif: Camp", {}, "original"),
        ("R: Camp", {"references": "<1@quay.example>"}, "reply"),
        ("R: Camp", {"thread-index": "Ac" + "A" * 34}, "reply"),
        ("R: Camp", {"thread-index": "Ac" + "A" * 28}, "original"),
        ("Re: Camp", {"thread-index": "Ac" + "A" * 34}, "reply"),
        # Exchange says that it begins a conversation: somebody wrote "Re:" by hand.
        ("Re: Camp", {"thread-index": "Ac" + "A" * 28}, "original"),
        ("Re: Recall: Camp", {"thread-index": "Ac" + "A" * 28}, "recall"),
        ("Re: Camp", {"thread-index": "Ac" + "A" * 28, "references": "<1@quay.example>"}, "reply"),
        ("VS: Camp", {}, "original"),
        ("VS: Camp", {"in-reply-to": "<1@quay.example>"}, "forward"),
        ("CT: Camp", {}, "original"),
        ("I: Recall: Camp", {}, "recall"),
        ("Reminder: Camp", {}, "original"),
        ("Resend: Camp", {}, "resend"),
        ("Camp (resent)", {"in-reply-to": "<1@quay.example>"}, "resend"),
        ("WG: Camp", {"references": "<1@quay.example>"}, "forward"),
        ("Recall: Camp", {}, "recall"),
        ("Re: Recall: Camp", {}, "reply"),
        ("Correction: Camp", {"in-reply-to": "<1@quay.example>"}, "correction"),
        ("Please delete our mail of today", {}, "apology"),
        ("Camp", {"content-type": "text/calendar; method=REQUEST"}, "invite"),
        ("Camp", {"content-class": "urn:content-classes:calendarmessage"}, "invite"),
        ("Einladung: Camp", {}, "original"),
        ("Einladung: Camp", {"content-type": "multipart/alternative; boundary=x"}, "invite"),
        ("Absage: Camp", {"content-type": "text/plain"}, "original"),
        ("Updated: Camp", {}, "original"),
        ("Camp", {"auto-submitted": "auto-generated"}, "system"),
        ("Camp", {"auto-submitted": "no"}, "original"),
        ("Camp", {"precedence": "bulk"}, "system"),
        ("Camp", {"content-type": "multipart/report; report-type=delivery-status"}, "system"),
        ("Re: Camp", {"content-type": "Multipart/Report; report-type=disposition-notification"}, "system"),
        ("Apologies for my absence", {}, "original"),
        ("Rappel : Camp", {}, "original"),
    ],
)
def test_subject_and_fields_give_the_kind(subject: str, fields: Mapping[str, str], kind: MessageKind) -> None:
    """The outermost prefix and the fields decide; weak words decide nothing alone."""
    assert alone_kind(mail(subject, fields=fields), read_subject(subject)) == kind


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ([MessagePart("1.1", "text/html"), MessagePart("1.2.1", "text/calendar", "REQUEST")], "invite"),
        ([MessagePart("1", "text/calendar", "CANCEL")], "invite"),
        (
            [MessagePart("1", "text/plain"), MessagePart("2", "text/calendar", "COUNTER", "attachment", "a.ics")],
            "invite",
        ),
        ([MessagePart("1", "text/plain"), MessagePart("2", "text/calendar", "PUBLISH")], "original"),
        ([MessagePart("1", "text/plain"), MessagePart("2", "text/calendar", "")], "original"),
        ([MessagePart("1", "message/rfc822"), MessagePart("1.2", "text/calendar", "REQUEST")], "original"),
        ([MessagePart("1", "message/rfc822"), MessagePart("11", "text/calendar", "REQUEST")], "invite"),
        ([MessagePart("1", "text/plain"), MessagePart("2", "message/delivery-status")], "system"),
        ([MessagePart("1", "text/plain"), MessagePart("2", "message/disposition-notification")], "system"),
        ([MessagePart("1", "message/rfc822"), MessagePart("1.2", "message/delivery-status")], "original"),
        (None, "original"),
    ],
)
def test_the_structure_gives_the_kind_where_no_field_does(parts: list[MessagePart] | None, kind: MessageKind) -> None:
    """A calendar object nested anywhere invites; what an attached message says is not said by this one."""
    assert alone_kind(mail("Camp", parts=parts), read_subject("Camp")) == kind


def test_parts_of_one_mailing_are_batches() -> None:
    """Same subject, other people, minutes apart: all parts are batches, the first included."""
    incident = only([mail(to=people(9, start=9 * part), at=NOON + part * MINUTE) for part in range(3)])

    assert [entry.kind for entry in incident.messages] == ["batch", "batch", "batch"]


def test_same_list_again_is_a_resend() -> None:
    """Same subject to the same people: the second is a re-send, the first stays the original."""
    incident = only([mail(to=people(9)), mail(to=people(9), at=NOON + 4 * HOUR)])

    assert [entry.kind for entry in incident.messages] == ["original", "resend"]


def test_weak_apology_to_the_list_is_an_apology() -> None:
    """An apology in the subject counts when it goes to at least half of an earlier list."""
    incident = only([mail(to=people(10)), mail("Our sincere apologies", to=people(5), at=NOON + DAY)])

    assert [entry.kind for entry in incident.messages] == ["original", "apology"]


def test_word_for_reminder_is_a_recall_only_at_once() -> None:
    """ "Rappel" is a recall right behind its mail and a reminder a week later."""
    first = mail("Réunion du club", to=people(9))

    at_once = only([first, mail("Rappel : Réunion du club", to=people(9), at=NOON + HOUR)])
    later = only([first, mail("Rappel : Réunion du club", to=people(9), at=NOON + 7 * DAY)])

    assert at_once.messages[1].kind == "recall"
    assert later.messages[1].kind == "resend"


def test_a_subject_invites_only_while_nobody_knows_its_parts() -> None:
    """ "Absage:" above a letter without a calendar is a letter."""
    fields = {"content-type": "multipart/mixed; boundary=x"}
    letter = mail("Absage: Camp", fields=fields, parts=[MessagePart("1", "text/plain")])

    assert alone_kind(letter, read_subject("Absage: Camp")) == "original"
    assert alone_kind(mail("Absage: Camp", fields=fields), read_subject("Absage: Camp")) == "invite"


def test_a_prefix_of_two_languages_answers_only_where_the_one_is_spoken() -> None:
    """ "VS:" answers in Finnish and forwards in Danish and Norwegian: elsewhere it is what excuses less."""
    answered = {"in-reply-to": "<1@quay.example>"}
    kinds = [
        alone_kind(mail("VS: Camp", sender=sender, fields=answered), read_subject("VS: Camp"))
        for sender in ("office@kunta.fi", "office@kommune.dk", "office@council.example")
    ]

    assert kinds == ["reply", "forward", "forward"]
    assert alone_kind(mail("VS: Camp", sender="office@kunta.fi"), read_subject("VS: Camp")) == "original"


@pytest.mark.parametrize(
    ("subject", "fields", "kind"),
    [
        ("VS: Fwd: Camp", {}, "forward"),
        ("VS: Fwd: Camp", {"in-reply-to": "<1@quay.example>"}, "reply"),
        ("Fwd: VS: Camp", {"in-reply-to": "<1@quay.example>"}, "forward"),
        ("R: VS: Fwd: Camp", {}, "forward"),
    ],
)
def test_a_prefix_that_nobody_believes_answers_nothing_at_home(
    subject: str, fields: Mapping[str, str], kind: MessageKind
) -> None:
    """What is believed behind it says what a mail from Finland is."""
    assert alone_kind(mail(subject, sender="office@kunta.fi", fields=fields), read_subject(subject)) == kind
