"""
What raises a rank: the first six of the seven factors of DOMAIN: Ranking.

Each function looks at one matter and returns a Reason with points and the
figures behind them in words, or None. No text holds an address.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise

from scanner.analyse.alone import LEAST
from scanner.analyse.case import Case, Circle
from scanner.analyse.kind import unseen_recalls
from scanner.analyse.misfit import names_another
from scanner.analyse.phrase import Phrase, phrase, quoted, reason
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
_ALONE_BEFORE = 9
_OUTSIDERS_ONLY, _BESIDE_ONE = 6, 5
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
        found = factor(case)
        if found:
            yield found
    yield from _intent(case)
    for factor in (_label, _subject_words, _attachment_words, _named, _misnamed):
        found = factor(case)
        if found:
            yield found
    yield from _repetition(case)


def circle_points(circle: Circle, persons: int, unread: int) -> int:
    """Return what the strangers of a circle and the size of a list give together."""
    strangers = _private_points(circle) + _spread_points(circle) + _separate_points(circle)
    return strangers + _size_points(persons, unread)


def _size_points(persons: int, unread: int) -> int:
    # An entry that cannot be read may be somebody outside or a colleague: it counts half.
    weight = persons + unread / 2
    return min(_SIZE, round(_SIZE * math.log(weight) / math.log(_FULL_SIZE))) if weight >= 2 else 0


def _private_points(circle: Circle) -> int:
    return round(_PRIVATE * circle.privacy)


def _spread_points(circle: Circle) -> int:
    return round(_SPREAD * circle.spread)


def _separate_points(circle: Circle) -> int:
    if circle.separate < 2:
        return 0
    number = min(1.0, math.log(circle.separate) / math.log(_FULL_SEPARATE))
    return round(_SEPARATE * number * circle.separate / circle.people)


def _size(case: Case) -> Reason | None:
    points = _size_points(case.judged, case.unread)
    if not points:
        return None
    entries = [phrase("size_unread", unread=case.unread)] if case.unread else []
    if case.judged != case.circle.persons:
        entries.append(phrase("size_short", judged=case.judged))
    return reason("size", points, phrase("size", persons=case.circle.persons), *entries)


def _private(case: Case) -> Reason | None:
    circle = case.strangest
    if not circle.privacy:
        return None
    parts = []
    if circle.private:
        share = round(100 * circle.private / circle.people)
        parts.append(phrase("private_mailboxes", share=share, private=circle.private, people=circle.people))
    if circle.data_subjects:
        parts += [phrase("next")] if parts else []
        parts.append(phrase("private_protected", protected=circle.data_subjects))
    return reason("private_mailboxes", _private_points(circle), *parts, *_in_one_mail(case))


def _spread(case: Case) -> Reason | None:
    circle = case.strangest
    if circle.people < 2:
        return None
    where = (phrase("organisations", organisations=circle.organisations),) if circle.organisations else ()
    alone = phrase("strangers", alone=circle.alone, people=circle.people)
    return reason("strangers", _spread_points(circle), *where, alone, *_in_one_mail(case))


def _separate(case: Case) -> Reason | None:
    """
    Firms and traders, each with an address of its own: customers or bidders, who share no more than private people do.

    Few of them may be one meeting, so that the number counts as it does for the size.
    """
    circle = case.strangest
    if circle.separate < 2:
        return None
    separate = phrase("separate_organisations", separate=circle.separate, people=circle.people)
    return reason("separate_organisations", _separate_points(circle), separate, *_in_one_mail(case))


def _in_one_mail(case: Case) -> tuple[Phrase, ...]:
    return () if case.strangest == case.circle else (phrase("in_one_mail"),)


def _new_mail(case: Case) -> Reason | None:
    # The shape of a leak: somebody sends a list something new. That a mail answers proves nothing for the sender, so
    # an answer only goes without these points.
    kinds = set(case.around.kinds)
    if kinds - {"reply", "forward"}:
        return reason("new_mail", _NEW_MAIL, phrase("new_mail"))
    new, is_certain = case.around.newcomers
    if new:
        people = phrase("new_people" if is_certain else "new_people_stored", new=new)
        return reason("new_mail", _NEW_MAIL if is_certain else _FORWARDED, people)
    if "forward" in kinds:
        return reason("new_mail", _FORWARDED, phrase("new_forward"))
    return _answered_one(case)


def _answered_one(case: Case) -> Reason | None:
    """
    A question answered to all customers looks like the first answer in a circle, but for the number of people.

    Looks at nothing but the answers themselves: what we sent before must not make them look usual.
    """
    if case.around.excused.stored or any(len(set(thread_ids(reading.message))) != 1 for reading in case.members):
        return None
    points = round(_ANSWERED_ONE * case.hardly_single)
    if points < 1:
        return None
    return reason("new_mail", points, phrase("new_single", persons=case.circle.persons))


def _alone_before(case: Case) -> Reason | None:
    """People who had always been written to alone have no part in each other, whatever they share."""
    count, people = case.around.one_by_one
    if people < LEAST or 10 * count < 9 * people:
        return None
    # A thread of somebody outside had shown them to each other: they had not been written to alone only.
    if case.is_excused:
        return None
    where = () if people == case.addresses else (phrase("in_one_mail"),)
    return reason("alone_before", _ALONE_BEFORE, phrase("alone_before", count=count, people=people), *where)


def _outsiders_only(case: Case) -> Reason | None:
    """A project's mail goes to colleagues too; a mailing goes to its list, and perhaps to the chief of who sends it."""
    few = case.detail.ladder.internal_visible
    is_one = few == 1 and case.addresses >= _BESIDE_ONE
    if not case.addresses or (10 * few > case.addresses and not is_one):
        return None
    said = phrase("outsiders_mostly", colleagues=few) if few else phrase("outsiders_only")
    return reason("outsiders_only", _OUTSIDERS_ONLY, said)


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
    name = "pasted_list" if steps == count - 1 else "pasted_list_almost"
    return reason("pasted_list", _PASTED_LIST, phrase(name, recipients=count))


def _copied_list(case: Case) -> Reason | None:
    if any(_is_copied_list(reading) for reading in case.members):
        return reason("copied_list", _COPIED_LIST, phrase("copied_list"))
    return None


def _is_copied_list(reading: Reading) -> bool:
    fields = {key: field for key, field, _ in reading.exposure.viewers}
    in_to = sum(1 for field in fields.values() if field == "to")
    return len(reading.exposed) >= 5 and in_to <= 1 and all(fields[key] == "cc" for key in reading.exposed)


def _intent(case: Case) -> Iterator[Reason]:
    """Yield signs that the list was meant to be hidden; together at most _INTENT points."""
    kinds = list(case.around.kinds)
    recalls, apologies, corrections = (kinds.count(kind) for kind in ("recall", "apology", "correction"))
    signs: list[tuple[int, tuple[Phrase, ...]]] = []
    if case.around.siblings:
        signs.append((12, (phrase("bcc_siblings", mails=len(case.around.siblings)),)))
    subjects = (reading.message.subject for reading in case.members)
    unseen = unseen_recalls(zip(kinds, subjects, strict=True), case.around.siblings)
    recalls -= sum(kinds[place] == "recall" for place in unseen)
    apologies -= sum(kinds[place] == "apology" for place in unseen)
    if recalls:
        signs.append((12, (phrase("recall", recalls=recalls),)))
    if apologies or case.around.quiet_recalls:
        open_ones = (phrase("apology_open", open=apologies),) if apologies else ()
        signs.append((12, (phrase("apology", apologies=apologies + case.around.quiet_recalls), *open_ones)))
    if unseen:
        signs.append((6, (phrase("recall_unseen", mails=len(unseen)),)))
    if corrections:
        signs.append((6, (phrase("correction", corrections=corrections),)))
    if 10 * case.around.usually_hidden >= 3 * case.addresses > 0:
        signs.append((6, (phrase("usually_hidden", hidden=case.around.usually_hidden, addresses=case.addresses),)))
    left = _INTENT
    for points, phrases in signs:
        if left:
            yield reason(phrases[0][0], min(points, left), *phrases)
            left -= min(points, left)


def _label(case: Case) -> Reason | None:
    if not case.labels:
        return None
    return reason("label", _LABEL, phrase("label", labels=", ".join(case.labels)))


def _subject_words(case: Case) -> Reason | None:
    found: dict[str, str] = {}
    for subject in sorted({reading.message.subject for reading in case.members}):
        for category, word in sensitive_words(subject).items():
            found.setdefault(category, word)
    if not found:
        return None
    points = min(_SUBJECT_WORDS, 2 * len(found))
    return reason("subject_words", points, phrase("subject_words", words=_quoted(found)))


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
    return reason("attachment_words", points, phrase("attachment_words", words=_quoted(found)))


def _quoted(found: Mapping[str, str]) -> str:
    return ", ".join(f"{quoted(word)} ({category})" for category, word in sorted(found.items()))


def _named(case: Case) -> Reason | None:
    ladder = case.detail.ladder
    if not ladder.identifiable_full:
        return None
    share = ladder.identifiable_full / ladder.exposed_people
    full = phrase("named", full=ladder.identifiable_full, people=ladder.exposed_people)
    return reason("named", round(_NAMED * share), full)


def _misnamed(case: Case) -> Reason | None:
    exposed = case.detail.exposed
    count = sum(1 for entry in exposed if any(names_another(entry.key, name) for name in entry.display_names))
    if not count:
        return None
    points = 1 if 10 * count < case.addresses else 2
    return reason("names_others", points, phrase("names_others", shown=count))


def _repetition(case: Case) -> Iterator[Reason]:
    """
    Yield points for people seen before and for new ones, the same for both, and more when it is the same list again.

    So that no mail of our own ever lowers what comes after it. A list that one
    incident shows twice is no less repeated than in two, unless its people
    had begun the thread.
    """
    if not case.addresses:
        return
    new = case.addresses - case.around.exposed_before
    first = _FIRST_EXPOSURE * new // case.addresses
    if new:
        yield reason("first_exposure", first, phrase("first_exposure", new=new, addresses=case.addresses))
    if case.around.exposed_before:
        again = (phrase("same_list"),) if case.around.is_same_list else ()
        points = _FIRST_EXPOSURE - first + (_SAME_LIST if case.around.is_same_list else 0)
        before = phrase("repetition", before=case.around.exposed_before, addresses=case.addresses)
        yield reason("repetition", points, before, *again)
    times = case.shown
    if times > 1 and not (case.around.is_same_list or case.is_excused):
        yield reason("shown_again", _SAME_LIST, phrase("shown_again", times=times))
