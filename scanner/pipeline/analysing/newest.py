"""The newest analysis, for whoever reads it: there has to be one, and it has to be under the policy that decides."""

from sqlalchemy import Connection, select

from scanner.errors import StoreError
from scanner.model import Policy
from scanner.policy import policy_sha256, rule_versions
from scanner.store.coverage import is_provisional
from scanner.store.results import StoredAnalysis, latest_analysis
from scanner.store.schema import crawl_run


def newest_analysis(connection: Connection, where: str) -> StoredAnalysis:
    """
    Return the newest analysis.

    Raises:
        StoreError: There is none; the remedy says what to run, by how far scans have come.
    """
    run = latest_analysis(connection)
    if run is None:
        raise _not_analysed(connection, where)
    return run


def demand_rules_of(run: StoredAnalysis, policy: Policy, where: str, *, whose: str = "the settings") -> None:
    """
    Refuse another policy than that of the analysis: results of different policies are never mixed.

    Args:
        run: The analysis.

        policy: What decides now.

        where: The store, in words.

        whose: What the policy comes from.

    Raises:
        StoreError: It is another one, or this version's rules are others.
    """
    if run.policy_sha256 != policy_sha256(policy, rule_versions()):
        raise StoreError(
            f"{whose} decide otherwise than those of the last analysis",
            where=where,
            remedy="Run `blindcopy analyse`",
        )


def _not_analysed(connection: Connection, where: str) -> StoreError:
    is_scanned = connection.execute(select(crawl_run.c.id).limit(1)).scalar() is not None
    if not is_scanned:
        remedy = "Run `blindcopy scan`"
    elif is_provisional(connection):
        remedy = "Run `blindcopy analyse` for what the scan has stored so far, or `blindcopy scan` once it has ended"
    else:
        remedy = "Run `blindcopy analyse`"
    return StoreError("nothing has been analysed yet", where=where, remedy=remedy)
