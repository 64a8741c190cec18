"""
Look-alikes of incidents: mail to many outsiders that does no harm, in the sizes of the incidents.

From the false positives of DOMAIN.md: people who work together, boards,
families, the press, role addresses, invitations, threads that outsiders began.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from benchmarks.letter import Case, Letter
from benchmarks.ordinary import Office
from benchmarks.people import Contact
from benchmarks.planter import DAY, HOUR, INVITE, MINUTE, Planter

_PROJECTS = (
    "Harbour bridge design review", "Metering roll-out", "Joint bid for lot 4", "Pipeline survey",
    "Data exchange pilot", "Site B commissioning", "Framework agreement annex", "Clinic extension planning",
    "Audit of the shared service", "Patient portal interface", "Rail siding permit", "Cold store retrofit",
)  # fmt: skip
_GROUPS = (
    "Board papers", "Trustees: minutes of the meeting", "Advisory council agenda", "Finance committee",
    "Steering group", "Expert panel on water", "Programme committee reviews", "Working party, draft 3",
)  # fmt: skip
APPROVED = "approved.example"
"""Host of a group that the settings of the benchmark approve."""


def threading(planter: Planter, root: str) -> tuple[tuple[str, str], ...]:
    """Return the fields of an answer in a thread with that root (RFC 5322, 3.6.4)."""
    parent = f"<{planter.rng.randrange(10**9)}@elsewhere.example>"
    return (("In-Reply-To", parent), ("References", f"{root} {parent}"))


def foreign(planter: Planter) -> str:
    """Return a Message-ID that no mailbox of ours holds."""
    return f"<{planter.rng.randrange(10**12)}@elsewhere.example>"


def correspondence(
    planter: Planter, people: Sequence[Contact], subject: str, *, letters: int, ours_first: bool
) -> tuple[Letter, ...]:
    """
    Return what one of us wrote in a conversation over some weeks, the list changing a little.

    Args:
        planter: Decides when and who.

        people: The others.

        subject: Of the conversation.

        letters: How many.

        ours_first: We began it; otherwise outsiders did.
    """
    office, sent = planter.place()
    written: list[Letter] = []
    root = ""
    for number in range(letters):
        some = [each for each in people if planter.rng.random() > 0.1] or list(people)
        cut = planter.rng.randrange(1, len(some) + 1)
        is_first = ours_first and number == 0
        root = root or ("" if is_first else foreign(planter))
        extra = () if is_first else threading(planter, root)
        title = subject if is_first else f"Re: {subject}"
        colleagues = planter.colleagues(planter.rng.randrange(3))
        letter = planter.letter(office, sent, title, to=some[:cut], cc=[*some[cut:], *colleagues], extra=extra)
        written.append(letter)
        root = root or letter.message_id
        sent += planter.rng.uniform(0.1, 6) * DAY
    return tuple(written)


def partners(planter: Planter, domains: int) -> tuple[Contact, ...]:
    """Return a project group at so many partner organisations."""
    hosts = [planter.people.firm() for _ in range(domains)]
    size = max(6, min(planter.size(), 22 * domains))
    return tuple(planter.people.at(hosts[number % domains]) for number in range(size))


def _project_groups(planter: Planter) -> list[Case]:
    cases = []
    subjects = planter.rng.sample(_PROJECTS, 8)
    for domains in (1, 1, 2, 2, 3, 3):
        ours_first = planter.rng.random() < 0.5
        letters = planter.rng.randrange(3, 8)
        group = partners(planter, domains)
        written = correspondence(planter, group, subjects.pop(), letters=letters, ours_first=ours_first)
        cases.append(Case(f"project group at {domains} partner domain{'s' * (domains > 1)}", written))
    return cases


def _consultations(planter: Planter) -> list[Case]:
    cases = []
    for subject in planter.rng.sample(("Draft opinion", "Tender clarification", "Claims handling", "Design freeze"), 2):
        people = [person for _ in range(planter.rng.randrange(4, 7)) for person in partners(planter, 1)[:4]]
        letters = planter.rng.randrange(2, 6)
        written = correspondence(planter, people, subject, letters=letters, ours_first=False)
        cases.append(Case("consultation with several firms", written))
    return cases


def _boards(planter: Planter) -> list[Case]:
    cases = []
    for subject in planter.rng.sample(_GROUPS, 2):
        people = [*planter.crowd(planter.rng.randrange(3, 8)), *partners(planter, 3)[:6]]
        letters = planter.rng.randrange(3, 7)
        written = correspondence(planter, people, subject, letters=letters, ours_first=False)
        cases.append(Case("board, begun by a member", written))
    people = [planter.people.at(APPROVED) for _ in range(9)]
    cases.append(Case("approved group", correspondence(planter, people, "Users' council", letters=4, ours_first=True)))
    return cases


def _outsiders_threads(planter: Planter) -> list[Case]:
    subjects = ("Reunion next year?", "Question to all of you", "Street party planning")
    return [
        Case(
            "thread begun by outsiders",
            correspondence(planter, planter.crowd(planter.rng.randrange(6, 25)), subject, letters=3, ours_first=False),
        )
        for subject in subjects
    ]


def _families(planter: Planter) -> list[Case]:
    cases = []
    for subject in ("Grandma's birthday", "Holiday plans"):
        last = planter.people.human()[1]
        family = [planter.people.private(tier="full", last=last) for _ in range(planter.rng.randrange(5, 8))]
        written = correspondence(planter, family, subject, letters=3, ours_first=planter.rng.random() < 0.5)
        cases.append(Case("family", written))
    return cases


def single(
    planter: Planter, shape: str, people: Sequence[Contact], subject: str, extra: tuple[tuple[str, str], ...] = ()
) -> Case:
    """Return a look-alike of a single letter."""
    office, sent = planter.place()
    return Case(shape, (planter.letter(office, sent, subject, to=people, extra=extra),))


def _press_lists(planter: Planter) -> list[Case]:
    cases = []
    for subject in ("Press release: new terminal opens", "Media invitation: annual results"):
        people: list[Contact] = []
        for number in range(planter.rng.randrange(12, 90)):
            host = planter.people.firm(("news", "radio", "tribune", "zeitung", "post", "tv"))
            desk = f"{planter.rng.choice(('newsdesk', 'press', 'redaktion', 'newsroom', 'editor'))}@{host}"
            reporter = planter.people.at(host)
            people.append(Contact("", desk, -5000 - number, tier="role"))
            if planter.rng.random() < 0.4:
                people.append(reporter)
        cases.append(single(planter, "press list", people, subject))
    return cases


def _suppliers(planter: Planter) -> list[Case]:
    cases = []
    for subject in ("Request for quotation 40 pallets", "Delivery hours at the warehouse", "New purchase terms"):
        people = [planter.people.role(planter.people.firm()) for _ in range(min(planter.size(), 120))]
        cases.append(single(planter, "suppliers' role addresses", people, subject))
    return cases


def _invitations(planter: Planter) -> list[Case]:
    cases = []
    for domains in (2, 4):
        people = [*partners(planter, domains), *planter.colleagues(5)]
        subject = planter.rng.choice(("Workshop", "Kick-off", "Quarterly call", "Site visit"))
        cases.append(single(planter, "invitation of partners", people, f"{subject} phase {domains}", extra=INVITE))
    return cases


def _mailing_lists(planter: Planter) -> list[Case]:
    cases = []
    for subject in ("Call for papers", "Maintenance window"):
        names = planter.rng.sample(
            ("members", "users", "announce", "dev", "discuss", "partners", "alumni", "regional"), 7
        )
        lists = [Contact("", f"{name}@lists.{planter.people.firm()}", -9000 - n) for n, name in enumerate(names)]
        cases.append(single(planter, "mailing-list addresses", lists, subject))
    return cases


def _mostly_inside(planter: Planter) -> list[Case]:
    staff = planter.colleagues(planter.rng.randrange(80, 300))
    related = (*partners(planter, 2), *staff)
    return [
        single(planter, "all staff", planter.colleagues(planter.rng.randrange(50, 300)), "Canteen closed on Friday"),
        single(planter, "all staff and a related company", related, "New expense policy"),
    ]


def _proper_mailings(planter: Planter) -> list[Case]:
    cases = []
    for subject in ("Programme for the winter", "Members' letter", "Notice to customers"):
        office, sent = planter.place()
        people = planter.mixed(planter.size())
        letter = planter.letter(office, sent, subject, to=(office.owner,), bcc=people)
        cases.append(Case("properly blind-copied", (letter,)))
    office, sent = planter.place()
    one_by_one = tuple(_one_by_one(planter, office, sent))
    return [*cases, Case("one by one", one_by_one)]


def _one_by_one(planter: Planter, office: Office, sent: datetime) -> list[Letter]:
    people = planter.mixed(40)
    return [
        planter.letter(office, sent + number * MINUTE, "Your invoice", to=(person,))
        for number, person in enumerate(people)
    ]


def _officials(planter: Planter) -> list[Case]:
    office, sent = planter.place()
    people = [
        planter.people.at(planter.people.firm(("council", "county", "stadt", "mairie")))
        for _ in range(planter.rng.randrange(8, 16))
    ]
    root = foreign(planter)
    letters = [
        planter.letter(office, sent + each, "Re: Circular on road closures", to=people, extra=threading(planter, root))
        for each in (timedelta(), 2 * DAY, 9 * DAY + HOUR)
    ]
    return [Case("officials of other authorities", tuple(letters))]


LOOKALIKES: tuple[Callable[[Planter], list[Case]], ...] = (
    _project_groups, _consultations, _boards, _outsiders_threads, _families, _press_lists, _suppliers, _invitations,
    _mailing_lists, _mostly_inside, _proper_mailings, _officials,
)  # fmt: skip
"""Every look-alike that is planted for every seed."""
