"""
What raises a rank: the first six of the seven factors of DOMAIN: Ranking.

Each function looks at one matter and returns a Reason with points and the
figures behind them in words, or None. No text holds an address.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise

from scanner.analyse.alone import LEAST
from scanner.analyse.case import Case
from scanner.analyse.misfit import names_another
from scanner.analyse.reading import Reading, thread_ids
from scanner.analyse.subject import sensitive_file_words, sensitive_words
from scanner.model import Reason, attachments

_SIZE, _FULL_SIZE = 25, 250
"""Points for a list of 250 people and more."""

_PRIVATE, _SPREAD = 26, 16
_INTENT = 20
_SEPARATE, _FULL_SEPARATE = 12, 20
"""Points when all of 20 people and more are the only one of their organisation: more than sit in one meeting."""

_LABEL, _SUBJECT_WORDS, _ATTACHMENT_WORDS = 20, 4, 4
_NAMED = 6
_FIRST_EXPOSURE = 3
_SAME_LIST = 3
_NEW_MAIL, _FORWARDED, _ANSWERED_ONE = 10, 5, 5
_ONE_MAIL_SHOWS, _ONE_MAIL_HIDES = 5, 25
"""An answer to one mail alone: to so few it may well have gone; to so many it hardly did."""

_ALONE_BEFORE = 9
_OUTSIDERS_ONLY = 6
_PASTED_LIST, _COPIED_LIST = 3, 6


def raising_reasons(case: Case) -> Iterator[Reason]:
    """Yield what raises the rank, in a fixed order."""
    for factor in (
        _size,
        _private,
        _spread,
        _separate,
        _new_mail,
        _alone_before,
        _outsiders_only,
        _pasted_list,
        _copied_list,
    ):
        reason = factor(case)
        if reason:
            yield reason
    yield from _intent(case)
    for factor in (_label, _subject_words, _attachment_words, _named, _misnamed):
        reason = factor(case)
        if reason:
            yield reason
    yield from _repetition(case)


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def _size(case: Case) -> Reason | None:
    persons = case.circle.persons
    unread = max(reading.exposure.unresolved_visible for reading in case.members)
    # An entry that cannot be read may be somebody outside or a colleague: it counts half.
    weight = persons + unread / 2
    if weight < 2:
        return None
    points = min(_SIZE, round(_SIZE * math.log(weight) / math.log(_FULL_SIZE)))
    entries = f", and {plural(unread, 'entry', 'entries')} that cannot be read" if unread else ""
    return Reason("size", points, f"{plural(persons, 'person', 'people')} exposed, role addresses aside{entries}")


def _private(case: Case) -> Reason | None:
    circle = case.strangest
    if not circle.privacy:
        return None
    parts = []
    if circle.private:
        share = round(100 * circle.private / circle.people)
        parts.append(f"{share} % private mailboxes ({circle.private} of {circle.people})")
    if circle.data_subjects:
        parts.append(f"{plural(circle.data_subjects, 'protected person', 'protected people')} of the organisation")
    return Reason("private_mailboxes", round(_PRIVATE * circle.privacy), ", ".join(parts) + _in_one_mail(case))


def _spread(case: Case) -> Reason | None:
    circle = case.strangest
    if circle.people < 2:
        return None
    where = f"{plural(circle.organisations, 'organisation')}, " if circle.organisations else ""
    text = f"{where}{circle.alone} of {circle.people} have no colleague on the list"
    return Reason("strangers", round(_SPREAD * circle.spread), text + _in_one_mail(case))


def _separate(case: Case) -> Reason | None:
    """
    Firms and traders, each with an address of its own: customers or bidders, who share no more than private people do.

    Few of them may be one meeting, so that the number counts as it does for the size.
    """
    circle = case.strangest
    if circle.separate < 2:
        return None
    number = min(1.0, math.log(circle.separate) / math.log(_FULL_SEPARATE))
    points = round(_SEPARATE * number * circle.separate / circle.people)
    text = f"{circle.separate} of {circle.people} are the only one of their organisation on the list"
    return Reason("separate_organisations", points, text + _in_one_mail(case))


def _in_one_mail(case: Case) -> str:
    return "" if case.strangest == case.circle else ", in one of the mails"


def _new_mail(case: Case) -> Reason | None:
    # The shape of a leak: somebody sends a list something new. That a mail answers proves nothing for the sender, so
    # an answer only goes without these points.
    kinds = set(case.kinds.values())
    if kinds - {"reply", "forward"}:
        return Reason("new_mail", _NEW_MAIL, "a new mail, not an answer")
    new, is_certain = case.newcomers
    if new:
        before = "none of the mails before it" if is_certain else "none of the mails before it that are in the store"
        text = f"an answer that also went to {plural(new, 'person', 'people')} who had been on {before}"
        return Reason("new_mail", _NEW_MAIL if is_certain else _FORWARDED, text)
    if "forward" in kinds:
        return Reason("new_mail", _FORWARDED, "a forwarded mail, not an answer")
    return _answered_one(case)


def _answered_one(case: Case) -> Reason | None:
    """
    A question answered to all customers looks like the first answer in a circle, but for the number of people.

    Looks at nothing but the answers themselves: what we sent before must not make them look usual.
    """
    if case.excused.stored or any(len(set(thread_ids(reading.message))) != 1 for reading in case.members):
        return None
    share = math.log(max(1, case.circle.persons) / _ONE_MAIL_SHOWS) / math.log(_ONE_MAIL_HIDES / _ONE_MAIL_SHOWS)
    points = round(_ANSWERED_ONE * min(1.0, share))
    if points < 1:
        return None
    text = f"{plural(case.circle.persons, 'person', 'people')} got an answer to a single mail: no conversation is known"
    return Reason("new_mail", points, text)


def _alone_before(case: Case) -> Reason | None:
    """People who had always been written to alone have no part in each other, whatever they share."""
    count, people = case.one_by_one
    if people < LEAST or 10 * count < 9 * people:
        return None
    text = f"{count} of {people} had been written to one by one before"
    return Reason("alone_before", _ALONE_BEFORE, text + ("" if people == case.addresses else ", in one of the mails"))


def _outsiders_only(case: Case) -> Reason | None:
    """A project's mail goes to colleagues too; a mailing goes to its list."""
    ladder = case.detail.ladder
    if not case.addresses or 10 * ladder.internal_visible > case.addresses:
        return None
    colleagues = plural(ladder.internal_visible, "colleague") if ladder.internal_visible else "no colleague"
    return Reason("outsiders_only", _OUTSIDERS_ONLY, f"{colleagues} among the visible recipients")


def _pasted_list(case: Case) -> Reason | None:
    longest = max(case.members, key=lambda reading: len(reading.exposure.order))
    count = len(longest.exposure.order)
    if count < 8:
        return None
    shown = {entry.key: entry.display_name.casefold() for entry in longest.message.recipients if entry.key}
    orders = ([*longest.exposure.order], [shown.get(key, "") for key in longest.exposure.order])
    steps = max(sum(1 for one, other in pairwise(names) if one < other) for names in orders)
    if 10 * steps < 9 * (count - 1):
        return None
    who = "the" if steps == count - 1 else "almost all of the"
    return Reason("pasted_list", _PASTED_LIST, f"{who} {count} recipients stand in alphabetical order, like an export")


def _copied_list(case: Case) -> Reason | None:
    if any(_is_copied_list(reading) for reading in case.members):
        return Reason(
            "copied_list", _COPIED_LIST, "the whole list stands in Cc and nobody outside in To, as if Bcc was meant"
        )
    return None


def _is_copied_list(reading: Reading) -> bool:
    fields = {key: field for key, field, _ in reading.exposure.viewers}
    in_to = sum(1 for field in fields.values() if field == "to")
    return len(reading.exposed) >= 5 and in_to <= 1 and all(fields[key] == "cc" for key in reading.exposed)


def _intent(case: Case) -> Iterator[Reason]:
    """Yield signs that the list was meant to be hidden; together at most _INTENT points."""
    kinds = list(case.kinds.values())
    recalls, apologies, corrections = (kinds.count(kind) for kind in ("recall", "apology", "correction"))
    signs = []
    if case.siblings:
        mails = plural(case.siblings, "other mail")
        signs.append(("bcc_siblings", 12, f"{mails} with this subject from the same sender hid the recipients in Bcc"))
    if recalls:
        signs.append(("recall", 12, f"{plural(recalls, 'recall')} (no recall takes back mail that went outside)"))
    if apologies or case.quiet_recalls:
        open_ones = f", {apologies} of them showing the list again" if apologies else ""
        total = plural(apologies + case.quiet_recalls, "apology or request", "apologies or requests")
        signs.append(("apology", 12, f"{total} to delete{open_ones}"))
    if corrections:
        signs.append(("correction", 6, f"{plural(corrections, 'correction')} to the same people"))
    if 10 * case.usually_hidden >= 3 * case.addresses > 0:
        elsewhere = f"{case.usually_hidden} of {case.addresses} are written to in Bcc elsewhere"
        signs.append(("usually_hidden", 6, elsewhere))
    left = _INTENT
    for rule, points, text in signs:
        if left:
            yield Reason(rule, min(points, left), text)
            left -= min(points, left)


def _label(case: Case) -> Reason | None:
    if not case.labels:
        return None
    return Reason("label", _LABEL, f"labelled {', '.join(case.labels)}")


def _subject_words(case: Case) -> Reason | None:
    found: dict[str, str] = {}
    for subject in sorted({reading.message.subject for reading in case.members}):
        for category, word in sensitive_words(subject).items():
            found.setdefault(category, word)
    if not found:
        return None
    points = min(_SUBJECT_WORDS, 2 * len(found))
    return Reason("subject_words", points, f"words of the subject hint at sensitive data: {_quoted(found)}")


def _attachment_words(case: Case) -> Reason | None:
    """Names of what was sent along are as weak as subjects: "Scan_0001.pdf" may hold anything."""
    files = {file.file_name for reading in case.members for file in attachments(reading.message.parts) or ()}
    found: dict[str, str] = {}
    for name in sorted(files):
        for category, word in sensitive_file_words(name).items():
            found.setdefault(category, word)
    if not found:
        return None
    points = min(_ATTACHMENT_WORDS, 2 * len(found))
    return Reason("attachment_words", points, f"names of attachments hint at sensitive data: {_quoted(found)}")


def _quoted(found: Mapping[str, str]) -> str:
    return ", ".join(f"“{word}” ({category})" for category, word in sorted(found.items()))


def _named(case: Case) -> Reason | None:
    ladder = case.detail.ladder
    if not ladder.identifiable_full:
        return None
    share = ladder.identifiable_full / ladder.exposed_people
    text = f"{ladder.identifiable_full} of {ladder.exposed_people} people are shown with their full name"
    return Reason("named", round(_NAMED * share), text)


def _misnamed(case: Case) -> Reason | None:
    exposed = case.detail.exposed
    count = sum(1 for entry in exposed if any(names_another(entry.key, name) for name in entry.display_names))
    if not count:
        return None
    points = 1 if 10 * count < case.addresses else 2
    shown = plural(count, "name shown does", "names shown do")
    return Reason("names_others", points, f"{shown} not fit the address and may be another person's, such as a child's")


def _repetition(case: Case) -> Iterator[Reason]:
    """
    Yield points for people seen before and for new ones, the same for both, and more when it is the same list again.

    So that no mail of our own ever lowers what comes after it.
    """
    if not case.addresses:
        return
    new = case.addresses - case.exposed_before
    first = _FIRST_EXPOSURE * new // case.addresses
    if new:
        text = f"{new} of {case.addresses} addresses are exposed here for the first time"
        yield Reason("first_exposure", first, text)
    if case.exposed_before:
        again = ", and much the same list among them" if case.is_same_list else ""
        points = _FIRST_EXPOSURE - first + (_SAME_LIST if case.is_same_list else 0)
        text = f"{case.exposed_before} of {case.addresses} addresses were exposed by another incident before{again}"
        yield Reason("repetition", points, text)
