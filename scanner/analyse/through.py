"""List addresses among the viewers whose members a file names: further people who could see."""

from collections.abc import Iterable

from scanner.model import ListMember, OutsiderTest, Policy, ThroughList, Viewer


def through_lists(viewers: Iterable[Viewer], policy: Policy, classify: OutsiderTest) -> tuple[ThroughList, ...]:
    """
    Return what stands behind the list addresses that could see an incident, by address.

    Nobody sees a list's members by its address: they may be viewers, and are
    never exposed. As nobody knows who was a member at the time, they stand in
    no rung of the ladder.
    """
    direct = {viewer.key for viewer in viewers}
    found = []
    for entry in policy.lists:
        if entry.address in direct:
            members = (ListMember(key, not classify(key).outsider) for key in sorted(entry.members - direct))
            found.append(ThroughList(entry.address, entry.as_of, tuple(members)))
    return tuple(sorted(found, key=lambda one: one.address))
