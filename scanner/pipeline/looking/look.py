"""A known mail in a file: what it showed to whom, and what the store knows of its list, people, sender and subject."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scanner.addresses import make_classifier
from scanner.analyse import (
    NOTHING_STATED,
    Exposure,
    StatedPeople,
    TotalsCollector,
    analyse,
    read_exposure,
    through_lists,
    with_list_posts,
)
from scanner.config import Settings
from scanner.errors import ScannerError, StoreError
from scanner.model import Identity, Incident, IncidentKey, Ladder, OutsiderTest, Policy, StoredMessage
from scanner.pipeline.looking.look_back import LookBack, look_back
from scanner.pipeline.looking.mail_on_file import FileMail, FileSource, read_mail, unite
from scanner.pipeline.reporting.client import name_clients, name_members
from scanner.pipeline.reporting.people import reading, stated_people
from scanner.policy import policy_sha256, rule_versions


@dataclass(frozen=True, slots=True)
class LookedAt:
    """One file, and what its mail shows by itself."""

    path: str
    error: ScannerError | None = None
    """Why it could not be read; all that follows is then empty."""

    message: StoredMessage | None = None
    defects: tuple[str, ...] = ()
    visible_outsiders: int = 0
    hidden_outsiders: int = 0
    """Outsiders that stand only in Bcc."""

    unresolved: int = 0
    from_inside: bool = False
    """At least one of its senders counts as inside."""

    incident: IncidentKey | None = None
    """The incident that it makes, alone or with other files; None = it exposes nobody."""

    attached: tuple["LookedAt", ...] = ()
    """Mail attached to it, and to that, by its place in `path`; each is judged like a file of its own."""

    unopened: tuple[str, ...] = ()
    """What else is attached and may hold mail, and why it was not looked at."""


@dataclass(frozen=True, slots=True)
class Look:
    """What looking at some files found."""

    policy: Policy
    policy_sha256: str
    as_of: int
    files: tuple[LookedAt, ...]
    """In the order given."""

    incidents: tuple[Incident, ...]
    """The worst first; queued as they would be with nothing but these files."""

    totals: Ladder
    """Over all of the incidents, queued or not; addresses and people counted once."""

    look_backs: tuple[LookBack, ...]
    """What the store holds around each of the incidents, in their order; empty when no store could tell."""

    no_store: str
    """Why no store could tell; "" when one did."""


def look_at(paths: Sequence[Path], settings: Settings | None, domains: Sequence[str] = ()) -> Look:
    """
    Judge mail in files as the analysis judges the store: same rules, same figures.

    A file that cannot be read does not keep the others from being judged.

    Args:
        paths: Files of one message each: .eml, .emlx, .msg.

        settings: Who is inside, what is sensitive or approved, and which store; None = there is no store, and nobody
            counts as inside but `domains`.

        domains: Own domains as A-labels, without settings.
    """
    policy = settings.to_policy() if settings else Policy(domains=frozenset(domains))
    read = [(str(path), _try(path)) for path in paths]
    source = FileSource(unite(_all_mail(mail for _, mail in read)))
    classify = make_classifier(policy)
    as_of = int(time.time())
    test = with_list_posts(classify, source.list_posts())
    register = settings.clients if settings else {}
    member_names = settings.member_names if settings else {}
    incidents = tuple(
        replace(
            incident,
            exposed=name_clients(incident.exposed, register),
            through_lists=name_members(through_lists(incident.viewers, policy, test), member_names),
        )
        for incident in analyse(source, policy, classify, as_of=as_of, stated=_stated(settings)).incidents
    )
    makes = {entry.message.identity: incident.key for incident in incidents for entry in incident.messages}
    totals = TotalsCollector(test)
    for incident in incidents:
        totals.add(incident)
    look_backs: tuple[LookBack, ...] = ()
    no_store = "there are no settings that name one"
    if settings:
        try:
            look_backs, no_store = look_back(settings, incidents), ""
        except StoreError as error:
            no_store = str(error)
    return Look(
        policy=policy,
        policy_sha256=policy_sha256(policy, rule_versions()),
        as_of=as_of,
        files=tuple(_looked_at(path, mail, makes, policy, test) for path, mail in read),
        incidents=incidents,
        totals=totals.result(),
        look_backs=look_backs,
        no_store=no_store,
    )


def _stated(settings: Settings | None) -> StatedPeople:
    """Return what the store knows persons to have stated about people; a mail can be looked at without one."""
    if settings is None:
        return NOTHING_STATED
    try:
        with reading(settings) as connection:
            return stated_people(connection)
    except StoreError:
        return NOTHING_STATED


def _try(path: Path) -> FileMail | ScannerError:
    try:
        return read_mail(path)
    except ScannerError as error:
        return error


def _all_mail(read: Iterable[FileMail | ScannerError]) -> Iterator[FileMail]:
    """Yield the mail that could be read, each followed by what is attached to it."""
    for mail in read:
        if isinstance(mail, FileMail):
            yield mail
            yield from _all_mail(one for _, one in mail.attached)


def _looked_at(
    path: str,
    mail: FileMail | ScannerError,
    makes: Mapping[Identity, IncidentKey],
    policy: Policy,
    test: OutsiderTest,
) -> LookedAt:
    if isinstance(mail, ScannerError):
        return LookedAt(path, mail)
    exposure: Exposure = read_exposure(mail.message, policy, test)
    return LookedAt(
        path=path,
        message=mail.message,
        defects=mail.defects,
        visible_outsiders=len(exposure.visible),
        hidden_outsiders=len(exposure.hidden),
        unresolved=len(exposure.unresolved),
        from_inside=any(test(key).kind == "inside" for key in exposure.senders),
        incident=makes.get(mail.message.identity),
        attached=tuple(_looked_at(where, one, makes, policy, test) for where, one in mail.attached),
        unopened=mail.unopened,
    )
