"""
The incidents of the demo, each after the shape of a publicly known one.

Every function writes one story and states by hand the figures that follow
from it; the tests recount them from the octets. Dates lie more than 31 days
apart inside one account, so that no story runs into the next.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from scanner.demo.desk import DOMAIN
from scanner.demo.mail import INVITATION, Contact, invitation_text
from scanner.demo.plant import Planted, Town, figures, incident


def plant_incidents(town: Town) -> Iterator[Planted]:
    """Yield the incidents; the order is fixed, because drawing people depends on it."""
    yield _five_batches(town)
    yield _recall_shows_list_again(town)
    yield _correction_after_bcc(town)
    yield _duplicates_in_other_case(town)
    yield _inside_and_outside(town)
    yield _evening_group(town)
    yield _carers_in_kiel(town)
    yield _workshop_invitation(town)
    yield _apology_shows_list_again(town)
    yield from _one_list_two_teams(town)
    yield _one_mail_two_accounts(town)
    yield _answer_to_all_from_inside(town)
    yield _automatic_reminder(town)
    yield _sent_again_hours_later(town)
    yield _three_mails_in_thirteen_days(town)
    yield _three_people_and_a_recall(town)
    yield _two_from_a_labelled_mailbox(town)


def _five_batches(town: Town) -> Planted:
    desk, start = town.office, town.office.at(2025, 11, 18, 10, 4)
    people = town.clients_of(desk, 500)
    filed = [
        desk.file(
            desk.write(
                "Hardship fund: how to apply", start + timedelta(minutes=4 * batch), to=people[first : first + 100]
            )
        )
        for batch, first in enumerate(range(0, 500, 100))
    ]
    return incident("five-batches", "A list of 500 was cut into five mails of 100 in To.", filed, figures(5, 500, 500))


def _recall_shows_list_again(town: Town) -> Planted:
    desk, start = town.counselling, town.counselling.at(2026, 3, 10, 14, 31)
    people = town.clients_of(desk, 64)
    first = desk.write("Spring programme of the bereavement groups", start, to=people)
    recall = desk.write(f"Recall: {first.subject}", start + timedelta(minutes=9), to=people)
    # The recall was sent from the web mail, which keeps a sent mailbox of its own.
    filed = [desk.file(first), desk.file(recall, desk.second_sent)]
    return incident("recall", "The recall of an open mail showed the list once more.", filed, figures(2, 128, 64))


def _correction_after_bcc(town: Town) -> Planted:
    desk, start = town.counselling, town.counselling.at(2025, 5, 22, 11, 15)
    people = town.clients_of(desk, 42)
    hidden = desk.write("Survivors' forum: new venue", start, to=[desk.contact], bcc=people)
    shown = desk.write("Correction: Survivors' forum: new venue", start + timedelta(hours=3), to=people)
    story = "A mail went out in Bcc; its correction showed everybody in To."
    return incident("correction-after-bcc", story, [desk.file(shown)], figures(1, 42, 42), siblings=[desk.file(hidden)])


def _duplicates_in_other_case(town: Town) -> Planted:
    desk = town.office
    people = town.clients_of(desk, 52)
    shouted = [Contact(person.display_name, person.addr_spec.upper()) for person in people[:4]]
    # One reader subscribed twice, with and without dots and a tag: two addresses, one person.
    twice = (Contact("Tamsin Lanyon", "tamsin.lanyon7218@gmail.com"), Contact("", "tamsinlanyon7218+news@gmail.com"))
    letter = desk.write(
        "Newsletter: volunteers' summer", desk.at(2025, 7, 3, 16, 20), to=[desk.contact], cc=[*people, *shouted, *twice]
    )
    story = "58 entries in Cc: four repeated in capital letters, one person with two addresses."
    return incident("duplicates", story, [desk.file(letter)], figures(1, 54, 54, people=53))


def _inside_and_outside(town: Town) -> Planted:
    desk = town.office
    people, staff = town.clients_of(desk, 31), town.staff_members(5)
    letter = desk.write(
        "Minutes of the service users' assembly", desk.at(2024, 10, 15, 9, 42), to=[*people, *staff[:4]], cc=staff[4:]
    )
    story = "31 service users and 5 members of staff in one open mail."
    return incident("inside-and-outside", story, [desk.file(letter)], figures(1, 31, 31, inside=5))


def _evening_group(town: Town) -> Planted:
    desk = town.counselling
    letter = desk.write("Tuesday evening group", desk.at(2024, 2, 6, 17, 48), cc=town.clients_of(desk, 15))
    story = "15 private mailboxes in Cc, from the counselling service: small and sensitive."
    return incident("evening-group", story, [desk.file(letter)], figures(1, 15, 15))


def _carers_in_kiel(town: Town) -> Planted:
    desk = town.kiel
    letter = desk.write(
        "Selbsthilfegruppe für Angehörige: nächstes Treffen", desk.at(2024, 4, 11, 13, 5), to=town.clients_of(desk, 17)
    )
    return incident("carers-in-kiel", "17 carers in To, in German.", [desk.file(letter)], figures(1, 17, 17))


def _workshop_invitation(town: Town) -> Planted:
    desk, sent_at = town.office, town.office.at(2026, 1, 20, 12, 10)
    letter = desk.write(
        "Living with diabetes: online workshop", sent_at, to=town.clients_of(desk, 28), content_type=INVITATION
    )
    starts = sent_at + timedelta(days=8)
    text = invitation_text(letter, starts=starts, ends=starts + timedelta(hours=2), uid=f"workshop@{DOMAIN}")
    story = "A calendar invitation named its 28 attendees to each other."
    return incident("workshop-invitation", story, [desk.file(replace(letter, body=text))], figures(1, 28, 28))


def _apology_shows_list_again(town: Town) -> Planted:
    desk, start = town.kiel, town.kiel.at(2025, 9, 16, 8, 55)
    people = town.clients_of(desk, 73)
    first = desk.write("Herbstprogramm der Beratungsstelle", start, to=[desk.contact], cc=people)
    apology = desk.write(
        "Entschuldigung: Herbstprogramm der Beratungsstelle",
        start + timedelta(days=1, hours=2),
        to=[desk.contact],
        cc=people,
    )
    story = "The apology for an open mail went to the same 73 people, in Cc again."
    return incident("apology", story, [desk.file(first), desk.file(apology)], figures(2, 146, 73))


def _one_list_two_teams(town: Town) -> Iterator[Planted]:
    donors = town.people.private(88)
    office, counselling = town.office, town.counselling
    spring = office.write("Spring appeal: thank you", office.at(2025, 3, 25, 10, 30), to=donors)
    survey = counselling.write("Volunteer survey", counselling.at(2025, 10, 7, 15, 2), to=donors)
    story = "The same 88 donors were shown to each other by another team half a year apart."
    yield incident(
        "donors-of-the-office", story, [office.file(spring)], figures(1, 88, 88), related=["donors-of-counselling"]
    )
    yield incident(
        "donors-of-counselling", story, [counselling.file(survey)], figures(1, 88, 88), related=["donors-of-the-office"]
    )


def _one_mail_two_accounts(town: Town) -> Planted:
    office, counselling = town.office, town.counselling
    letter = office.write(
        "Change of opening hours over Christmas", office.at(2024, 12, 12, 11, 58), to=town.clients_of(office, 47)
    )
    # A delegate's client files the same message in both sent mailboxes.
    filed = [office.file(letter), counselling.file(letter, counselling.second_sent)]
    return incident("two-accounts", "One mail to 47 people lies in two accounts.", filed, figures(1, 47, 47))


def _answer_to_all_from_inside(town: Town) -> Planted:
    desk, start = town.office, town.office.at(2024, 6, 4, 9, 20)
    people, (colleague,) = town.clients_of(desk, 22), town.staff_members(1)
    first = desk.write("Allotment project: plots for this season", start, to=people)
    answer = desk.write(
        "Re: Allotment project: plots for this season",
        start + timedelta(hours=5),
        sender=colleague,
        to=[desk.contact, *people],
        in_reply_to=first.message_id,
    )
    story = "A colleague answered an open mail to all, and showed the 22 again."
    return incident("answer-to-all", story, [desk.file(first), desk.file(answer)], figures(2, 44, 22))


def _automatic_reminder(town: Town) -> Planted:
    desk = town.office
    system = Contact("Harbourlight appointments", f"no-reply@{DOMAIN}")
    letter = desk.write(
        "Reminder of your appointment",
        desk.at(2026, 6, 9, 5, 0, 1),
        sender=system,
        to=town.clients_of(desk, 36),
        extra=[("Auto-Submitted", "auto-generated"), ("Precedence", "bulk")],
    )
    return incident(
        "automatic-reminder", "A program put 36 clients into one To field.", [desk.file(letter)], figures(1, 36, 36)
    )


def _sent_again_hours_later(town: Town) -> Planted:
    desk, start = town.office, town.office.at(2024, 8, 13, 10, 11)
    people = town.clients_of(desk, 63)
    first = desk.write("Waiting list for hydrotherapy", start, cc=people[:60])
    again = desk.write("Waiting list for hydrotherapy", start + timedelta(hours=4), cc=people)
    story = "The mail was sent again four hours later, to three more people."
    return incident("sent-again", story, [desk.file(first), desk.file(again)], figures(2, 123, 63))


def _three_mails_in_thirteen_days(town: Town) -> Planted:
    desk, start = town.kiel, town.kiel.at(2026, 5, 5, 9, 3)
    people = town.clients_of(desk, 130)
    # 12 and 41 share 8; the third mail shows 33 of them again with 85 new ones: 12 + 33 + 85 = 130.
    second, third = people[4:45], people[12:130]
    filed = [
        desk.file(desk.write("Ihre Unterlagen für den Antrag", start, to=people[:12])),
        desk.file(desk.write("Ihre Unterlagen für den Antrag", start + timedelta(days=6), to=second)),
        desk.file(desk.write("Ihre Unterlagen für den Antrag", start + timedelta(days=13), to=third)),
    ]
    story = "Three mails in thirteen days to growing, overlapping lists."
    return incident("three-mails", story, filed, figures(3, 171, 130))


def _three_people_and_a_recall(town: Town) -> Planted:
    desk, start = town.office, town.office.at(2024, 3, 19, 15, 40)
    people = town.clients_of(desk, 3)
    first = desk.write("Your complaint", start, to=people)
    recall = desk.write("Recall: Your complaint", start + timedelta(minutes=6), to=people)
    story = "Only three people, but the sender tried to take the mail back."
    return incident("three-and-a-recall", story, [desk.file(first), desk.file(recall)], figures(2, 6, 3))


def _two_from_a_labelled_mailbox(town: Town) -> Planted:
    desk = town.counselling
    letter = desk.write("Your test results", desk.at(2026, 7, 14, 10, 26), to=town.clients_of(desk, 2))
    story = "Two strangers in To, from the counselling service."
    return incident("two-strangers", story, [desk.file(letter)], figures(1, 2, 2))
