"""
Incidents to plant, in the shapes of publicly known ones.

Written from DOMAIN.md and known-incidents.toml alone, by somebody who has not
read how the ranking works: what is planted is what happens, and nothing that
any rule asks for. Every shape is named after what happened.
"""

from collections.abc import Callable

from benchmarks.letter import Case
from benchmarks.people import Contact
from benchmarks.planter import DAY, HOUR, INVITE, LANGUAGES, MINUTE, Planter, one

PROTECTED = "students.office387.example"
"""A host of the organisation itself whose people the settings of the benchmark protect."""

LABELLED = "helpline@office387.example"
"""A sender that the settings of the benchmark label as sensitive."""

_RECALLS = ("Recall", "Rückruf")
"""What Outlook writes, in English and German."""


def _small_sensitive(planter: Planter) -> list[Case]:
    sizes = (planter.rng.randrange(6, 20) for _ in range(2))
    return [one(planter, "small and sensitive", planter.crowd(size), planter.sensitive()) for size in sizes]


def _small_bland(planter: Planter) -> list[Case]:
    return [one(planter, "small, bland subject", planter.crowd(planter.rng.randrange(7, 20)), planter.commonplace())]


def _newsletters(planter: Planter) -> list[Case]:
    sizes = (planter.rng.randrange(120, 500) for _ in range(2))
    return [
        one(planter, "large newsletter in Cc", planter.mixed(size), planter.commonplace(), field="cc") for size in sizes
    ]


def _other_languages(planter: Planter) -> list[Case]:
    languages = planter.rng.sample(LANGUAGES, 3)
    return [
        one(planter, "in another language", planter.mixed(planter.size()), planter.sensitive(language))
        for language in languages
    ]


def _one_provider(planter: Planter) -> list[Case]:
    host = planter.rng.choice(("btinternet.com", "gmx.de", "gmail.com", "ziggo.nl"))
    people = [planter.people.private(host) for _ in range(planter.rng.randrange(9, 60))]
    return [one(planter, "customers of one provider", people, planter.bland())]


def _small_firms(planter: Planter) -> list[Case]:
    people = [planter.people.at(planter.people.firm()) for _ in range(planter.rng.randrange(12, 80))]
    return [one(planter, "small firms, each at its own domain", people, planter.bland())]


def _mixed_domains(planter: Planter) -> list[Case]:
    return [one(planter, "private and business mailboxes mixed", planter.mixed(planter.size()), planter.bland())]


def _nameless(planter: Planter) -> list[Case]:
    people = [planter.people.private(tier="nameless") for _ in range(planter.rng.randrange(12, 90))]
    return [one(planter, "nameless addresses", people, planter.bland())]


def _tiers(planter: Planter) -> list[Case]:
    size = planter.rng.randrange(6, 40)
    people = [planter.people.private(tier=planter.rng.choice(("full", "nameless"))) for _ in range(size)]
    return [one(planter, "some with full names, some nameless", people, planter.sensitive())]


def _invite(planter: Planter) -> list[Case]:
    people = planter.crowd(planter.rng.randrange(15, 211))
    return [one(planter, "invitation of private people", people, planter.bland(), field="to", extra=INVITE)]


def _system_mail(planter: Planter) -> list[Case]:
    extra = (("Auto-Submitted", "auto-generated"),)
    people = planter.crowd(planter.rng.randrange(20, 150))
    return [one(planter, "sent by a system", people, planter.bland(), field="to", extra=extra)]


def _inside_and_outside(planter: Planter) -> list[Case]:
    people = [*planter.mixed(planter.size()), *planter.colleagues(planter.rng.randrange(3, 25))]
    planter.rng.shuffle(people)
    return [one(planter, "inside and outside mixed", people, planter.bland())]


def _protected_insiders(planter: Planter) -> list[Case]:
    people = [planter.people.at(PROTECTED) for _ in range(planter.rng.randrange(20, 345))]
    return [one(planter, "students of the organisation itself", people, planter.bland())]


def _wrong_list(planter: Planter) -> list[Case]:
    subject = f"Duty roster week {planter.rng.randrange(1, 52)}"
    people = planter.mixed(planter.rng.randrange(20, 110))
    return [one(planter, "wrong list: internal mail to outsiders", people, subject, field="to")]


def _copied_to_a_colleague(planter: Planter) -> list[Case]:
    office, sent = planter.place()
    people = planter.mixed(planter.size())
    letter = planter.letter(office, sent, planter.bland(), to=people, copies=(planter.other(office).account,))
    return [Case("the same message in two mailboxes", (letter,))]


def _labelled(planter: Planter) -> list[Case]:
    sender = Contact("Helpline", LABELLED, -100, inside=True)
    return [one(planter, "three people, labelled sender", planter.crowd(3), planter.bland(), field="to", sender=sender)]


def _same_person_twice(planter: Planter) -> list[Case]:
    people = list(planter.crowd(planter.rng.randrange(8, 40)))
    first, last = planter.people.human()
    local = f"q{planter.rng.randrange(10**6)}"
    twin = Contact(f"{first} {last}", f"{local}.post@gmail.com", people[0].person + 10**6)
    people += [twin, planter.people.again(twin, f"{local}post+club@googlemail.com")]
    return [one(planter, "one person at two spellings", people, planter.bland())]


def _unreadable(planter: Planter) -> list[Case]:
    bare = [Contact(f"jsmith{number:03}", "", -1000 - number) for number in planter.rng.sample(range(999), 9)]
    return [one(planter, "unreadable list", [*planter.crowd(3), *bare], planter.bland(), field="to")]


def _answered_to_all_customers(planter: Planter) -> list[Case]:
    office, sent = planter.place()
    asked, *others = planter.crowd(planter.rng.randrange(10, 60))
    question = f"<{planter.rng.randrange(10**9)}@mail.example>"
    extra = (("In-Reply-To", question), ("References", question))
    letter = planter.letter(office, sent, f"Re: {planter.bland()}", to=(asked,), cc=others, extra=extra)
    return [Case("one customer's question answered to all customers", (letter,))]


def _correspondents_joined(planter: Planter) -> list[Case]:
    office, sent, people = planter.correspondents()
    letter = planter.letter(office, sent, planter.bland(), to=people)
    return [Case("people written to one by one until now", (letter,))]


def _batches(planter: Planter) -> list[Case]:
    office, sent = planter.place()
    subject, size = planter.bland(), planter.rng.randrange(20, 120)
    letters = [
        planter.letter(office, sent + number * 4 * MINUTE, subject, to=planter.mixed(size))
        for number in range(planter.rng.randrange(2, 6))
    ]
    return [Case("batches of one mailing", tuple(letters))]


def _numbered_batches(planter: Planter) -> list[Case]:
    office, sent = planter.place()
    subject = planter.bland()
    letters = [
        planter.letter(office, sent + number * HOUR, f"{subject} ({number + 1}/3)", to=planter.crowd(40))
        for number in range(3)
    ]
    return [Case("numbered batches", tuple(letters))]


def _recall(planter: Planter) -> list[Case]:
    office, sent = planter.place()
    people, subject = planter.mixed(planter.size()), planter.bland()
    again = planter.letter(office, sent + 25 * MINUTE, f"{planter.rng.choice(_RECALLS)}: {subject}", to=people)
    return [Case("recalled, list shown again", (planter.letter(office, sent, subject, to=people), again))]


def _small_recall(planter: Planter) -> list[Case]:
    office, sent = planter.place()
    people, subject = planter.crowd(3), planter.bland()
    again = planter.letter(office, sent + 12 * MINUTE, f"Recall: {subject}", to=people)
    return [Case("three people, recalled", (planter.letter(office, sent, subject, to=people), again))]


def _apology(planter: Planter) -> list[Case]:
    office, sent = planter.place()
    people = planter.mixed(planter.size())
    regret = "Apologies for our email of yesterday - please delete it"
    sorry = planter.letter(office, sent + 26 * HOUR, regret, to=people)
    return [Case("apology to all, list shown again", (planter.letter(office, sent, planter.bland(), to=people), sorry))]


def _correction_after_bcc(planter: Planter) -> list[Case]:
    office, sent = planter.place()
    people, subject = planter.mixed(planter.size()), planter.bland()
    first = planter.letter(office, sent, subject, to=(office.owner,), bcc=people)
    second = planter.letter(office, sent + 2 * HOUR, f"Correction: {subject}", to=people)
    return [Case("Bcc first, correction in To", (first, second), parts=(0,))]


def _mixed_campaign(planter: Planter) -> list[Case]:
    office, sent = planter.place()
    subject, letters, hidden = planter.bland(), [], []
    for number in range(6):
        people, is_open = planter.crowd(60), number in (2, 4)
        letters.append(
            planter.letter(
                office, sent + number * 6 * MINUTE, subject,
                to=people if is_open else (office.owner,), bcc=() if is_open else people,
            )
        )  # fmt: skip
        if not is_open:
            hidden.append(number)
    return [Case("some batches in Bcc, some open", tuple(letters), parts=tuple(hidden))]


def _reply_all(planter: Planter) -> list[Case]:
    office, sent = planter.place()
    people, subject = planter.mixed(planter.size()), planter.bland()
    first = planter.letter(office, sent, subject, to=people)
    extra = (("In-Reply-To", first.message_id), ("References", first.message_id))
    second = planter.letter(planter.other(office), sent + 3 * HOUR, f"Re: {subject}", to=people, extra=extra)
    return [Case("a colleague answered to all", (first, second))]


def _conversation_after(planter: Planter) -> list[Case]:
    office, sent = planter.place()
    people, subject = planter.mixed(planter.size()), planter.bland()
    letters = [planter.letter(office, sent, subject, to=people)]
    root = letters[0].message_id
    for number, days in enumerate((2, 5)):
        parent = f"<{planter.rng.randrange(10**12)}.{number}@elsewhere.example>"
        extra = (("In-Reply-To", parent), ("References", f"{root} {parent}"))
        letters.append(planter.letter(office, sent + days * DAY, f"Re: {subject}", to=people, extra=extra))
    return [Case("outsiders answered the leak, and we all of them", tuple(letters))]


def _over_two_weeks(planter: Planter) -> list[Case]:
    office, sent = planter.place()
    everybody, subject = planter.crowd(100), planter.sensitive()
    lists = (everybody[:13], everybody[:45], everybody[5:])
    letters = (planter.letter(office, sent + number * 6 * DAY, subject, to=each) for number, each in enumerate(lists))
    return [Case("three mails in thirteen days, lists overlapping", tuple(letters))]


def _second_time(planter: Planter) -> list[Case]:
    office, sent = planter.place()
    people, subject = planter.mixed(planter.rng.randrange(30, 300)), planter.bland()
    letters = (planter.letter(office, sent + after * DAY, subject, to=(office.owner,), cc=people) for after in (0, 22))
    shapes = ("second time within a month, first", "second time within a month, second")
    return [Case(shape, (letter,)) for shape, letter in zip(shapes, letters, strict=True)]


def _two_teams(planter: Planter) -> list[Case]:
    people = planter.crowd(planter.rng.randrange(20, 90))
    return [one(planter, "one list, two teams", people, planter.bland()) for _ in range(2)]


SHAPES: tuple[Callable[[Planter], list[Case]], ...] = (
    _small_sensitive, _small_bland, _newsletters, _other_languages, _one_provider, _small_firms, _mixed_domains,
    _nameless, _tiers, _invite, _system_mail, _inside_and_outside, _protected_insiders, _wrong_list,
    _copied_to_a_colleague, _labelled, _same_person_twice, _unreadable, _answered_to_all_customers,
    _correspondents_joined, _batches, _numbered_batches, _recall, _small_recall, _apology, _correction_after_bcc,
    _mixed_campaign, _reply_all, _conversation_after, _over_two_weeks, _second_time, _two_teams,
)  # fmt: skip
"""Every shape that is planted for every seed."""
