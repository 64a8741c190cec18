"""
Five houses' year: a school, a clinic, a law firm, a charity and a club, as DOMAIN's cases and false positives have it.

Written before the weights that it judges. People copy their chief, mail two
people first to try, answer one and reach all; and next to them parents who
talk, friends of whoever sends, counsel, heads of schools and a crew whose mail
went to two of them once.
"""

from collections.abc import Sequence

from scanner.model import StoredMessage
from tests.analyse.case_book import STAFF, CaseBook, Entry, bare
from tests.analyse.sources import DAY, HOUR, MINUTE, OFFICE, mail

_FIRST_ANSWER = {"references": "<one@mail.example>"}
_DEEP_ANSWER = {"references": "<one@mail.example> <two@mail.example> <three@mail.example>"}


class ThirdBook(CaseBook):
    """Disclosures and harmless mail of houses with other habits than the office of the first two books."""

    def disclosures(self) -> list[Entry]:
        """Return what must be seen."""
        return [*self._school(), *self._clinic(), *self._law_firm(), *self._charity(), *self._club()]

    def harmless(self) -> list[Entry]:
        """Return what does no harm."""
        return [*self._parents_and_heads(), *self._colleagues_elsewhere(), *self._friends(), *self._crews()]

    def _school(self) -> list[Entry]:
        couples = [person for _ in range(6) for person in self.private(2, last=self._rng.choice(("adler", "beck")))]
        parents = [*couples, *self.private(9)]
        carers = self.private(6)
        leavers = self.private(11, host="gmx.de")
        return [
            Entry("parents of a class, teacher copied", [mail("Trip to the zoo", to=parents, cc=STAFF[:1])]),
            Entry(
                "foster carers, two social workers copied",
                [mail("Visits in May", to=carers, cc=STAFF[:2], at=self.moment())],
            ),
            Entry("leavers and four teachers", [mail("Ball tickets", to=[*leavers, *STAFF[:4]], at=self.moment())]),
        ]

    def _clinic(self) -> list[Entry]:
        at = self.moment()
        group, patients, referred = self.private(8), self.private(27), [*self.private(5), *self.staff_of(2, 1)]
        trial = [mail("Rooms in the annex", to=self.private(2), at=at - 10 * MINUTE)]
        whole = [mail("Rooms in the annex", to=patients, at=at)]
        return [
            Entry("group of eight, doctor copied", [mail("Thursday group", to=group, cc=STAFF[:1], at=self.moment())]),
            Entry("tried on two, then sent to all", [*whole, *trial]),
            Entry("seven who were referred", [mail("Bring your papers", to=referred, at=self.moment())]),
        ]

    def _law_firm(self) -> list[Entry]:
        claimants = [*self.private(18), *self.staff_of(4, 1)]
        witnesses = self.private(5)
        tenants, asked = self.private(13), self.private(21)
        at = self.moment()
        return [
            Entry("claimants, partner and two clerks copied", [mail("Hearing moved", to=claimants, cc=STAFF[:3])]),
            Entry("five witnesses", [mail("Your statement", to=witnesses, at=self.moment())]),
            Entry(
                "clients of a firm, recalled",
                [
                    mail("Draft of the claim", to=tenants, at=at),
                    mail("Recall: Draft of the claim", to=tenants, at=at + 20 * MINUTE),
                ],
            ),
            Entry(
                "one client's question answered to all",
                [mail("Re: When is the payment", to=asked[:1], cc=asked[1:], at=at, fields=_FIRST_ANSWER)],
            ),
        ]

    def _charity(self) -> list[Entry]:
        at = self.moment()
        donors = [*self.private(25), *self.staff_of(11, 1), *self.staff_of(2, 2)]
        self._rng.shuffle(donors)
        helped, lost = self.private(7), self.private(4)
        sponsors = self.staff_of(18, 1)
        return [
            Entry("donors", [mail("Lamps for the north", to=[OFFICE], cc=donors, at=at)]),
            Entry("people we helped, director copied", [mail("Vouchers are here", to=helped, cc=STAFF[:1], at=at)]),
            Entry(
                "apology to four, open again",
                [mail("Keys of the hut", to=lost, at=at), mail("Sorry: Keys of the hut", to=lost, at=at + HOUR)],
            ),
            Entry("sponsors, one of each firm, and two of us", [mail("Plaque", to=sponsors, cc=STAFF[:2], at=at)]),
        ]

    def _club(self) -> list[Entry]:
        at = self.moment()
        members, again = [*self.private(14), *self.staff_of(5, 1)], self.private(10)
        return [
            Entry("members and the whole board", [mail("Boathouse locks", to=members, cc=STAFF, at=at)]),
            Entry("the rowers, in June", [mail("Oars", to=again, at=at)]),
            Entry("the rowers, in August", [mail("Regatta fees", to=again, at=at + 62 * DAY)]),
        ]

    def _parents_and_heads(self) -> list[Entry]:
        at = self.moment()
        council = self.private(9)
        begun = mail(
            "Bake sale", to=[OFFICE, *council[1:]], sender=bare(council[0]), at=at, origin="received", role="inbox"
        )
        heads = self.staff_of(7, 1)
        return [
            Entry(
                "parents' council, begun by a parent",
                [mail("Re: Bake sale", to=council, at=at + HOUR, fields={"references": begun.message_id}), begun],
            ),
            Entry(
                "heads of seven schools answer each other",
                [mail("Re: Snow days", to=heads, at=at + n * DAY, fields=_DEEP_ANSWER) for n in range(3)],
            ),
            Entry("heads of six schools and our board", [mail("Heads' day", to=[*self.staff_of(6, 1), *STAFF])]),
        ]

    def _colleagues_elsewhere(self) -> list[Entry]:
        at = self.moment()
        counsel, conference, auditors = self.staff_of(3, 3), self.staff_of(3, 4), self.staff_of(1, 7)
        desks = [f"{role}@{bare(one).rpartition('@')[2]}" for one in self.staff_of(8, 1) for role in ("info", "press")]
        return [
            Entry("counsel of three parties", [mail("Bundle for Tuesday", to=counsel, cc=STAFF[:2], at=at)]),
            Entry("case conference of three clinics", [mail("Conference", to=conference, cc=STAFF[:4], at=at)]),
            Entry("auditors of one firm", [mail("Ledger access", to=auditors, at=at)]),
            Entry(
                "two firms' surveyors, recalled",
                [
                    mail("Level sheets", to=(surveyors := self.staff_of(2, 3)), at=at),
                    mail("Recall: Level sheets", to=surveyors, at=at + MINUTE),
                ],
            ),
            Entry("desks of eight papers", [mail("Regatta results", to=desks, at=at)]),
        ]

    def _friends(self) -> list[Entry]:
        """Return mail of somebody's own friends: nothing tells it from a list but that they wrote first."""
        at = self.moment()
        golfers = [*self.private(5), *self.staff_of(4, 1)]
        self._written_alone(golfers, at)
        cousins = [*self.private(4, last="quandt"), *self.private(3, last="quandt", host="gmx.de")]
        lunch = self.private(5)
        return [
            Entry(
                "golfers who talked before",
                [mail("Re: Tee times", to=golfers, at=at + n * DAY, fields=_DEEP_ANSWER) for n in range(2)],
            ),
            Entry("golfers, written to by us later", [mail("Autumn round", to=golfers, at=at + 50 * DAY)]),
            Entry("cousins", [mail("Aunt Maud's roses", to=cousins, at=at)]),
            Entry("first answer to five at lunch", [mail("Re: Soup today", to=lunch, at=at, fields=_FIRST_ANSWER)]),
        ]

    def _crews(self) -> list[Entry]:
        crew, band, hosts = self.staff_of(2, 9), self.staff_of(4, 4), [*self.staff_of(3, 2), *STAFF[:2]]
        return [
            Entry("two firms' crew, two of them apart once", self._apart_once("Scaffold", crew, (crew[0], crew[9]))),
            Entry("four firms' crew, three of them apart", self._apart_once("Gangway", band, band[::5][:3])),
            Entry("partners invited", [mail("Invitation: Topping out", to=hosts, at=self.moment())]),
        ]

    def _apart_once(self, matter: str, people: Sequence[str], some: Sequence[str]) -> list[StoredMessage]:
        sent = self._conversation(matter, people, 4)
        fields = {"references": sent[0].message_id}
        return [*sent, mail(f"Re: {matter}", to=some, at=sent[-1].sent_at + HOUR, fields=fields)]
