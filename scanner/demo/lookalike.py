"""The demo's harmless mail that looks like an incident: what a reviewer should not have to open first."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from scanner.demo.desk import DOMAIN, SISTER_DOMAIN
from scanner.demo.mail import INVITATION, Contact, Letter, invitation_text
from scanner.demo.plant import Planted, Town, harmless

PARTNER_DOMAINS = ("coastal-trust.example.org", "northquay-housing.example")
"""Partners whom the settings name."""

_NEWSROOMS = (
    "newsdesk@harbour-echo.example", "press@coastline-radio.example", "editor@quayside-gazette.example",
    "news@tideway-tv.example", "newsroom@estuary-post.example", "redaktion@foerde-kurier.example",
    "desk@weekly-beacon.example", "news@saltmarsh-fm.example", "editorial@the-breakwater.example",
    "press@mariners-mail.example", "newsdesk@northcoast-today.example", "info@community-wire.example",
)  # fmt: skip
_SUPPLIERS = (
    "sales@pier-print.example", "info@lantern-catering.example", "orders@harbour-stationers.example",
    "office@quay-cleaning.example", "contact@saltway-furniture.example", "enquiries@mast-it.example",
)  # fmt: skip


def plant_lookalikes(town: Town) -> Iterator[Planted]:
    """Yield the look-alikes; the order is fixed, because drawing people depends on it."""
    yield _project_team(town)
    yield _three_partners(town)
    yield _trustees(town)
    yield _press_list(town)
    yield _mailing_lists(town)
    yield _couples(town)
    yield _one_person_twice(town)
    yield _hidden_newsletters(town)
    yield _all_staff(town)
    yield _partner_meeting(town)
    yield _suppliers(town)
    yield _one_outsider_many_insiders(town)
    yield _one_visible_many_hidden(town)
    yield _sister_company(town)


def _project_team(town: Town) -> Planted:
    desk, start = town.office, town.office.at(2024, 9, 3, 10, 0)
    team = [*town.people.at(PARTNER_DOMAINS[0], 4), *town.people.at(PARTNER_DOMAINS[1], 3)]
    question = Letter(
        sender=team[0],
        sent_at=start,
        subject="Harbour quarter drop-in centre",
        message_id=f"<a41f7c02@{PARTNER_DOMAINS[0]}>",
        to=(desk.contact, *team[1:]),
        body="Shall we meet on site?",
    )
    # Some clients file an answered mail beside its answer, in the sent mailbox.
    filed = [desk.file(question)]
    earlier = question.message_id
    for days in (1, 6, 13, 27, 48):
        answer = desk.write(
            "Re: Harbour quarter drop-in centre", start + timedelta(days=days, hours=1), to=team, in_reply_to=earlier
        )
        filed.append(desk.file(answer))
        earlier = answer.message_id
    return harmless("project-team", "A thread that a partner began, with seven people at two partners.", filed)


def _three_partners(town: Town) -> Planted:
    desk, start = town.kiel, town.kiel.at(2025, 2, 12, 9, 30)
    hosts = ("foerde-klinik.example", "stadt-kiel-gesund.example", "wohnhilfe-nord.example")
    team = [person for host in hosts for person in town.people.at(host, 3, german=True)]
    filed = []
    for serial, days in enumerate((0, 2, 9, 16, 30)):
        subject = "AW: Netzwerktreffen seelische Gesundheit"
        sent_at = start + timedelta(days=days)
        # The thread began with a mail of the clinic that lies in no sent mailbox; only the reference shows it.
        filed.append(desk.file(desk.write(subject, sent_at, to=team, in_reply_to=f"<netz{serial}.77@{hosts[0]}>")))
    return harmless("three-partners", "Answers in a thread of a clinic, to nine people at three partners.", filed)


def _trustees(town: Town) -> Planted:
    desk = town.office
    filed = []
    for serial in range(12):
        sent_at = desk.at(2023 + (serial + 9) // 12, (serial + 9) % 12 + 1, 5, 18, 30)
        filed.append(desk.file(desk.write(f"Trustees' meeting papers {sent_at:%B %Y}", sent_at, to=town.trustees)))
    return harmless("trustees", "Nine trustees who agreed to see each other, once a month.", filed)


def _press_list(town: Town) -> Planted:
    desk = town.office
    newsrooms = [Contact("", address) for address in _NEWSROOMS]
    filed = [
        desk.file(desk.write(f"Press release: {title}", desk.at(2025, month, 8, 9, 0), to=newsrooms))
        for month, title in (
            (1, "winter shelter opens"),
            (6, "sea swim for mental health"),
            (12, "a year of counselling"),
        )
    ]
    return harmless("press-list", "Press releases to twelve newsrooms at role addresses.", filed)


def _mailing_lists(town: Town) -> Planted:
    desk, start = town.counselling, town.counselling.at(2024, 11, 5, 9, 10)
    forum = Contact("Coastal Carers Forum", "carers-forum@lists.coastal-trust.example.org")
    announced = Letter(
        sender=Contact("Coastal Carers Forum", f"owner-{forum.addr_spec}"),
        sent_at=start,
        subject="[carers-forum] Winter timetable",
        message_id="<forum.20241105@lists.coastal-trust.example.org>",
        to=(forum,),
        body="The winter timetable is out.",
        extra=(
            ("List-Id", "Coastal Carers Forum <carers-forum.lists.coastal-trust.example.org>"),
            ("List-Post", f"<mailto:{forum.addr_spec}>"),
        ),
    )
    filed = [desk.file(announced)]
    for days, subject in ((1, "Re: [carers-forum] Winter timetable"), (40, "Respite weekend"), (90, "Carers' rights")):
        filed.append(desk.file(desk.write(subject, start + timedelta(days=days), to=[forum])))
    return harmless("mailing-list", "Mail to the one address of a mailing list, whose members nobody sees.", filed)


def _couples(town: Town) -> Planted:
    desk = town.office
    filed = []
    hosts = ("btinternet.com", "gmail.com", "sky.com", "outlook.com")
    for serial in range(9):
        surname, host = ("Drinkwater", "Hathersage", "Tregenza")[serial % 3], hosts[serial % 4]
        pair = [
            Contact(f"{first} {surname}", f"{first}.{surname}{2310 + serial}@{host}".lower())
            for first in ("Rowan", "Merle")
        ]
        sent_at = desk.at(2024, 1 + serial, 9, 11, 15)
        filed.append(desk.file(desk.write("Your visit to the family centre", sent_at, to=pair)))
    return harmless("couples", "Two people of one family at a time.", filed)


def _one_person_twice(town: Town) -> Planted:
    desk = town.kiel
    twice = [
        Contact("Wiebke Thomsen", "wiebke.thomsen4417@web.de"),
        Contact("Wiebke Thomsen", "thomsen@praxis-am-markt.example"),
    ]
    filed = [
        desk.file(desk.write("Ihre Rechnung", desk.at(2025, month, 17, 14, 0), to=twice)) for month in (2, 5, 8, 11)
    ]
    return harmless("one-person-twice", "One person at a private and a business address.", filed)


def _hidden_newsletters(town: Town) -> Planted:
    desk = town.counselling
    filed = []
    for serial in range(16):
        sent_at = desk.at(2024 + serial // 12, serial % 12 + 1, 20, 8, 0)
        readers = town.clients_of(desk, 60 + 4 * serial)
        filed.append(desk.file(desk.write(f"Newsletter {sent_at:%B %Y}", sent_at, to=[desk.contact], bcc=readers)))
    return harmless("hidden-newsletters", "A monthly newsletter, every reader in Bcc.", filed)


def _all_staff(town: Town) -> Planted:
    desk = town.office
    filed = [
        desk.file(desk.write(f"All staff: {topic}", desk.at(2025, month, 3, 9, 5), to=town.staff))
        for month, topic in ((1, "rota"), (4, "fire drill"), (7, "summer party"), (10, "new telephones"))
    ]
    return harmless("all-staff", "Mail to the whole staff, nobody else.", filed)


def _partner_meeting(town: Town) -> Planted:
    desk, sent_at = town.office, town.office.at(2025, 6, 24, 14, 20)
    people = [*town.people.at(PARTNER_DOMAINS[0], 4), *town.people.at(PARTNER_DOMAINS[1], 4)]
    letter = desk.write("Quarterly partners' meeting", sent_at, to=people, content_type=INVITATION)
    starts = sent_at + timedelta(days=14)
    text = invitation_text(letter, starts=starts, ends=starts + timedelta(hours=1), uid=f"partners@{DOMAIN}")
    return harmless(
        "partner-meeting", "An invitation to eight people at two partners.", [desk.file(replace(letter, body=text))]
    )


def _suppliers(town: Town) -> Planted:
    desk = town.office
    letter = desk.write(
        "Request for a quotation", desk.at(2024, 5, 14, 10, 45), to=[Contact("", address) for address in _SUPPLIERS]
    )
    return harmless("suppliers", "Six suppliers at role addresses.", [desk.file(letter)])


def _one_outsider_many_insiders(town: Town) -> Planted:
    desk = town.counselling
    (client,) = town.clients_of(desk, 1)
    letter = desk.write("Case review", desk.at(2025, 4, 2, 13, 35), to=[client, *town.staff_members(14)])
    return harmless("one-outsider", "One client among fourteen colleagues.", [desk.file(letter)])


def _one_visible_many_hidden(town: Town) -> Planted:
    desk = town.kiel
    (speaker,) = town.people.at("foerde-klinik.example", 1, german=True)
    letter = desk.write(
        "Vortrag am Donnerstag", desk.at(2025, 11, 4, 12, 0), to=[speaker], bcc=town.clients_of(desk, 30)
    )
    return harmless(
        "one-visible", "One speaker in To, thirty readers in Bcc: they saw one address.", [desk.file(letter)]
    )


def _sister_company(town: Town) -> Planted:
    desk = town.office
    neighbours = town.people.at(SISTER_DOMAIN, 8)
    letter = desk.write("Shared boiler room", desk.at(2026, 2, 11, 9, 25), to=neighbours)
    return harmless("sister-company", "Eight people of the sister company.", [desk.file(letter)])
