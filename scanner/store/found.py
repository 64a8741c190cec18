"""When incidents stood in the queue first."""

from sqlalchemy import Connection, select, text

from scanner.store import schema

_NOTE = """
    INSERT INTO incident_found (incident_key, found_at)
    SELECT incident.key, :moment FROM incident
     WHERE incident.run_id = :run AND incident.rank > 0
       AND NOT EXISTS (SELECT 1 FROM incident_found WHERE incident_found.incident_key = incident.key)
"""


def note_found(connection: Connection, run_id: int, *, moment: int) -> None:
    """Note for every queued incident of a run that it has been found by then, unless it had been before."""
    connection.execute(text(_NOTE), {"run": run_id, "moment": moment})


def found_at(connection: Connection) -> dict[str, int]:
    """
    Return when each incident that was ever queued was found first, by its key then.

    An incident that was joined from several was found when the first of them
    was: ask with the beginnings of the identities of all its messages.
    """
    table = schema.incident_found
    return {row.incident_key: row.found_at for row in connection.execute(select(table))}
