"""The report opened: the last analysis under the settings, or under the policy that was kept with it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from sqlalchemy import Engine, select

from scanner.config import Settings
from scanner.errors import UnknownIncidentError
from scanner.model import Incident, Report, Statement
from scanner.pipeline.analysing.newest import demand_rules_of, newest_analysis
from scanner.pipeline.reporting.store_report import StoreReport
from scanner.policy import read_policy
from scanner.store.engine import describe, disposing, open_engine, snapshot, store_errors
from scanner.store.schema import policy as schema_policy


@contextmanager
def open_report(settings: Settings, planned: Sequence[Statement] = ()) -> Iterator[StoreReport]:
    """
    Open the last analysis for reading; a scan that runs meanwhile changes nothing in it.

    Args:
        settings: Which store, under which policy.

        planned: Statements that are not written yet: incidents stand as if they were. Numbered on from the log.

    Raises:
        StoreError: There is no store or no analysis yet, or the settings
            decide otherwise than those of the last analysis.
    """
    opened = disposing(open_engine(settings.store_url, read_only=True))
    with opened as engine, store_errors(engine.url), snapshot(engine) as connection:
        where = describe(engine.url)
        run = newest_analysis(connection, where)
        policy = settings.to_policy()
        demand_rules_of(run, policy, where)
        yield StoreReport(connection, policy, run, settings.clients, planned, settings.member_names)


@contextmanager
def open_stored_report(engine: Engine) -> Iterator[Report]:
    """
    Open the last analysis without settings, under the policy that was kept with it.

    Raises:
        StoreError: Nothing has been analysed yet, or this version's rules
            decide otherwise than those of the last analysis.
    """
    with store_errors(engine.url), snapshot(engine) as connection:
        where = describe(engine.url)
        run = newest_analysis(connection, where)
        text = connection.execute(
            select(schema_policy.c.text).where(schema_policy.c.sha256 == run.policy_sha256)
        ).scalar_one()
        policy = read_policy(text)
        demand_rules_of(run, policy, where, whose="the rules")
        yield StoreReport(connection, policy, run)


def find_incident(report: StoreReport, key: str, *, in_full: bool = False) -> Incident:
    """
    Return the incident of this key, or whose key begins so, queued or not.

    Args:
        report: The store's.

        key: Of the incident, or its beginning.

        in_full: With what other mail tells of it, which decides nothing (list_trace, follow_up).

    Raises:
        UnknownIncidentError: None or several do.
    """
    wanted = key.strip().lower()
    # Two suffice to know that it is not the only one.
    read = report.find_in_full if in_full else report.find
    found = list(islice(read(wanted), 2)) if wanted else []
    exact = [incident for incident in found if incident.key == wanted]
    if len(found) == 1 or exact:
        return (exact or found)[0]
    what = "several incidents have keys that begin so" if found else "no incident has this key"
    raise UnknownIncidentError(
        what, where=key, remedy="`blindcopy queue` lists the keys, with --below those not queued"
    )
