"""
What lowers a rank: the seventh factor, and the trap of DOMAIN: Ranking.

The organisation's own earlier visible mail to the same people counts for
nothing here, and neither do answers that came after a leak: leaky lists would
excuse themselves. What is proven may take an incident off the queue: an
approval or partner that a person recorded, valid at the date of the mail, or
a stored mail in which one of the exposed showed all of them to each other
before the first exposure. The rest are hints, bounces among them: whoever
knows a Message-ID can write one. They order the queue and take nothing off it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from scanner.analyse.case import Case
from scanner.analyse.family import is_one_family
from scanner.analyse.phrase import phrase, quoted, reason
from scanner.analyse.reading import Reading
from scanner.model import AddressKey, ApprovedGroup, Reason

_APPROVED, _PARTLY_APPROVED = 100, 40
_PARTNERS = 25
_STORED_THREAD, _UNSEEN_THREAD, _SINGLE_MAIL = 25, 15, 3
_STORED_CIRCLE, _UNSEEN_CIRCLE, _SINGLE_CIRCLE = 12, 6, 2
_FEW_ORGANISATIONS = 8
_ROLES = 12
_UNDELIVERED = 20
_RELATIVES = 24
"""Less than what strangers at private mailboxes weigh: a hint is no proof, and what is sensitive stays up."""


def proven_reasons(case: Case) -> Iterator[Reason]:
    """Yield what is proven to lower the rank, with negative points, in a fixed order."""
    yield from _given(_approved(case), _partners(case))
    if _is_thread_proven(case):
        yield from _given(_thread(case), _few_organisations(case))


def hinting_reasons(case: Case) -> Iterator[Reason]:
    """Yield what may speak for the sender and is not proven, with negative points, the weightiest matter first."""
    if not _is_thread_proven(case):
        yield from _given(_thread(case), _few_organisations(case))
    yield from _given(_roles(case), _undelivered(case), _relatives(case))


def _given(*reasons: Reason | None) -> Iterator[Reason]:
    return (reason for reason in reasons if reason is not None)


def _is_thread_proven(case: Case) -> bool:
    """Tell whether stored mail of outsiders had shown everybody before; one stranger more is another list."""
    return case.addresses > 0 and case.around.excused.stored == case.addresses


def _approved(case: Case) -> Reason | None:
    """A group agreed to see each other; two groups mixed in one mail did not, so the best single one counts."""
    best: tuple[int, str] | None = None
    for group in case.policy.groups:
        covered = len(_covered(case.members, group))
        if covered and (best is None or (-covered, group.name) < (-best[0], best[1])):
            best = (covered, group.name)
            best_group = group
    if best is None or 10 * best[0] < 8 * case.addresses:
        return None
    hidden = {key for reading in case.members for key in reading.exposure.hidden}
    members, domains = best_group.members, best_group.domains
    is_whole = best[0] == case.addresses and all(_belongs(key, members, domains) for key in hidden)
    points = _APPROVED if is_whole else round(_PARTLY_APPROVED * best[0] / case.addresses)
    until = (phrase("approved_until", day=_day(best_group.expires)),) if best_group.expires is not None else ()
    belong = phrase("approved_group", count=best[0], addresses=case.addresses, group=quoted(best_group.name))
    return reason("approved_group", -points, belong, *until)


def _covered(members: Sequence[Reading], group: ApprovedGroup) -> set[AddressKey]:
    """Return who is shown only in mail of the time for which the group is approved."""
    covered: set[AddressKey] = set()
    open_ones: set[AddressKey] = set()
    for reading in members:
        valid = _is_valid(group.since, group.expires, reading.sent_at)
        for key in reading.exposed:
            (covered if valid and _belongs(key, group.members, group.domains) else open_ones).add(key)
    return covered - open_ones


def _is_valid(since: int | None, expires: int | None, moment: int) -> bool:
    return (since is None or since <= moment) and (expires is None or moment < expires)


def _belongs(key: AddressKey, members: frozenset[AddressKey], domains: frozenset[str]) -> bool:
    host = key.rpartition("@")[2]
    return key in members or any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _day(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def _partners(case: Case) -> Reason | None:
    if not case.policy.partners:
        return None
    covered: set[AddressKey] = set()
    open_ones: set[AddressKey] = set()
    for reading in case.members:
        domains = frozenset(
            partner.domain
            for partner in case.policy.partners
            if _is_valid(partner.since, partner.expires, reading.sent_at)
        )
        for key in reading.exposed:
            (covered if _belongs(key, frozenset(), domains) else open_ones).add(key)
    count = len(covered - open_ones)
    if not count or 10 * count < 8 * case.addresses:
        return None
    points = round(_PARTNERS * count / case.addresses)
    return reason("partners", -points, phrase("partners", count=count, addresses=case.addresses))


def _undelivered(case: Case) -> Reason | None:
    """Most of those who would have seen the list got no copy, as bounces or a message trace prove."""
    figures = case.detail.ladder
    bounced = figures.bounced or 0
    if not bounced or 2 * bounced < figures.viewers:
        return None
    points = round(_UNDELIVERED * bounced / figures.viewers)
    return reason("undelivered", -points, phrase("undelivered", bounced=bounced, viewers=figures.viewers))


def _thread(case: Case) -> Reason | None:
    excused = case.around.excused
    if not case.is_excused:
        return None
    weight = (
        _STORED_THREAD * excused.answered_stored
        + _UNSEEN_THREAD * excused.answered_unseen
        + _SINGLE_MAIL * (1 - case.hardly_single) * excused.answered_single
        + _STORED_CIRCLE * excused.acquainted_stored
        + _UNSEEN_CIRCLE * excused.acquainted_unseen
        + _SINGLE_CIRCLE * excused.acquainted_single
    )
    points = -round(weight / case.addresses)
    is_answer = 2 * excused.answered >= excused.everybody
    rule, stem = ("outsiders_thread", "thread") if is_answer else ("known_circle", "circle")
    name = f"{stem}_stored" if excused.stored == excused.everybody else f"{stem}_unseen"
    return reason(rule, points, phrase(name, people=excused.everybody, addresses=case.addresses))


def _few_organisations(case: Case) -> Reason | None:
    """A few organisations that write to each other: one project. Without a thread of theirs it proves nothing."""
    circle = case.circle
    few = 0 < circle.organisations <= 3 and not circle.private and not circle.data_subjects
    if not (case.is_excused and few and circle.people >= 2 * circle.organisations):
        return None
    name = "few_organisations" if _is_thread_proven(case) else "few_organisations_perhaps"
    who = phrase(name, people=circle.people, organisations=circle.organisations)
    return reason("few_organisations", -_FEW_ORGANISATIONS, who)


def _roles(case: Case) -> Reason | None:
    circle = case.strangest
    roles = circle.people - circle.persons
    if not roles or 2 * roles < circle.people:
        return None
    points = round(_ROLES * roles / circle.people)
    return reason("role_addresses", -points, phrase("role_addresses", roles=roles, people=circle.people))


def _relatives(case: Case) -> Reason | None:
    """One family at its private mailboxes, and nobody else: a single stranger among them is shown to all the others."""
    circle = case.circle
    unread = any(reading.exposure.unresolved_visible for reading in case.members)
    if unread or not 2 <= circle.people == circle.private or not is_one_family(case.detail.exposed):
        return None
    return reason("relatives", -_RELATIVES, phrase("relatives", people=circle.people))
