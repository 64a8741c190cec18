"""Incidents of an analysis, read back with all that is known of them; how they stand by decisions is not."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import cast

from sqlalchemy import Connection

from scanner.analyse import StatedPeople, detail_incident, read_exposure, through_lists, unseen_recalls
from scanner.config import ClientRegister, MemberNames
from scanner.model import (
    AddressKey,
    Incident,
    IncidentKey,
    IncidentMessage,
    MessageKind,
    OutsiderTest,
    Policy,
    StoredMessage,
)
from scanner.pipeline.reporting.client import name_clients, name_members
from scanner.store.reader import messages_by_identity
from scanner.store.results import StoredAnalysis, StoredIncident, stored_incidents

_MESSAGES_AHEAD = 200
"""Messages of the next incidents that are read together; more would only cost memory."""


class IncidentReader:
    """
    Reads the messages of stored incidents, and from them whom they exposed to whom.

    Args:
        connection: A snapshot of the store.

        run: The analysis.

        policy: The one it was made under.

        classify: Its outsider test, lists included.

        stated: What persons have stated about people.

        clients: Whom the organisation knows by which address.

        member_names: What the files of lists call their members.

        accounts_with_gaps: Whose figures are lower bounds.
    """

    def __init__(
        self,
        connection: Connection,
        run: StoredAnalysis,
        policy: Policy,
        classify: OutsiderTest,
        *,
        stated: StatedPeople,
        clients: ClientRegister,
        member_names: MemberNames,
        accounts_with_gaps: Collection[str],
    ) -> None:
        self._connection = connection
        self._run = run
        self._policy = policy
        self._classify = classify
        self._stated = stated
        self._clients = clients
        self._member_names = member_names
        self._accounts_with_gaps = frozenset(accounts_with_gaps)

    def incidents(self, rows: Iterable[StoredIncident]) -> Iterator[Incident]:
        """Yield the incidents of these rows, in their order, as candidates."""
        # A query for each would cost more than all the rest.
        for some in _pieces(rows):
            wanted = [identity for row in some for identity in row.kinds]
            found = {message.identity: message for message in messages_by_identity(self._connection, wanted)}
            for row in some:
                yield self._incident(row, [found[identity] for identity in row.kinds if identity in found])

    def exposed_of(self, keys: frozenset[IncidentKey]) -> Iterator[tuple[IncidentKey, frozenset[AddressKey]]]:
        """Yield whom each of these incidents, queued or not, exposed: queued ones first."""
        rows = [row for row in stored_incidents(self._connection, self._run.id) if row.key in keys]
        for key in keys.difference(row.key for row in rows):
            rows += stored_incidents(self._connection, self._run.id, key)
        for some in _pieces(rows):
            wanted = [identity for row in some for identity in row.kinds]
            exposed = {
                message.identity: read_exposure(message, self._policy, self._classify).exposed
                for message in messages_by_identity(self._connection, wanted)
            }
            for row in some:
                yield row.key, frozenset(key for one in row.kinds for key in exposed.get(one, ()))

    def _incident(self, row: StoredIncident, found: Sequence[StoredMessage]) -> Incident:
        kinds = [cast(MessageKind, row.kinds[message.identity]) for message in found]
        unseen = unseen_recalls(zip(kinds, (message.subject for message in found), strict=True), row.siblings)
        messages = tuple(
            IncidentMessage(
                message=message,
                kind=kinds[place],
                exposed=read_exposure(message, self._policy, self._classify).exposed,
                is_unseen_recall=place in unseen,
            )
            for place, message in enumerate(found)
        )
        accounts = {copy.account for entry in messages for copy in entry.message.copies}
        has_gap = not accounts.isdisjoint(self._accounts_with_gaps)
        detail = detail_incident(messages, self._policy, self._classify, self._stated, has_gap=has_gap)
        return Incident(
            key=row.key,
            rank=row.rank,
            score=row.score,
            queued=row.queued,
            status="candidate",
            subject=row.subject,
            senders=_senders(messages),
            first_sent_at=row.first_sent_at,
            last_sent_at=row.last_sent_at,
            label=row.label,
            reasons=row.reasons,
            ladder=detail.ladder,
            related=row.related,
            bcc_siblings=row.siblings,
            messages=messages,
            exposed=name_clients(detail.exposed, self._clients),
            viewers=detail.viewers,
            through_lists=name_members(through_lists(detail.viewers, self._policy, self._classify), self._member_names),
        )


def _senders(messages: Iterable[IncidentMessage]) -> tuple[AddressKey, ...]:
    senders = {
        recipient.key
        for entry in messages
        for recipient in entry.message.recipients
        if recipient.field == "from" and recipient.key is not None
    }
    return tuple(sorted(senders))


def _pieces(rows: Iterable[StoredIncident]) -> Iterator[list[StoredIncident]]:
    piece: list[StoredIncident] = []
    messages = 0
    for row in rows:
        piece.append(row)
        messages += len(row.kinds)
        if messages >= _MESSAGES_AHEAD:
            yield piece
            piece, messages = [], 0
    if piece:
        yield piece
