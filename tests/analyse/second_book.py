"""
A second year of the office: what the first case book has not, from DOMAIN's cases, ladder and false positives.

Written before the weights that it judges. Small and recalled lists, lists that
leaked in pieces before, answers to one customer, people written to one by one
for years; and against them circles, panels, networks and suppliers of the same sizes.
"""

from collections.abc import Sequence

from scanner.model import StoredMessage
from tests.analyse.case_book import STAFF, CaseBook, Entry, bare
from tests.analyse.sources import DAY, HOUR, MINUTE, OFFICE, mail

_ASKED = {"references": "<q2@mail.example>"}
_TALKED = {"references": "<q3@mail.example> <q4@mail.example>"}


class SecondBook(CaseBook):
    """Disclosures and harmless mail beside those of the first book, with other people."""

    def disclosures(self) -> list[Entry]:
        """Return what must be seen."""
        return [
            *self._taken_back(),
            *self._leaked_before(),
            *self._answered(),
            *self._mixed(),
            *self._until_then_alone(),
        ]

    def harmless(self) -> list[Entry]:
        """Return what does no harm."""
        return [*self._known_circles(), *self._panels(), *self._used_to_letters()]

    def _taken_back(self) -> list[Entry]:
        at = self.moment()
        three, nine, seven = self.private(3), self.private(9), self.private(7)
        return [
            Entry(
                "three people, recalled",
                [mail("Key handover", to=three, at=at), mail("Recall: Key handover", to=three, at=at + 5 * MINUTE)],
            ),
            Entry(
                "apology in the open",
                [mail("Garden plots", to=nine, at=at), mail("Apologies: Garden plots", to=nine, at=at + DAY)],
            ),
            Entry(
                "asked to delete, hidden this time",
                [
                    mail("Heating costs", to=seven, at=at),
                    mail("Please delete: Heating costs", to=[OFFICE], bcc=seven, at=at + HOUR),
                ],
            ),
        ]

    def _leaked_before(self) -> list[Entry]:
        at = self.moment()
        twice, pieces = self.private(14), self.private(15)
        for place in range(0, 15, 3):
            self.background.append(mail(f"Room {place}", to=pieces[place : place + 3], at=at - (20 + place) * DAY))
        shown, hidden = self.private(12), self.private(24)
        return [
            Entry("the list of the month, first", [mail("Parking permits", to=twice, at=at)]),
            Entry("the list of the month, again", [mail("Bins on Friday", to=twice, at=at + 12 * DAY)]),
            Entry("in pieces before, then whole", [mail("House meeting", to=pieces, at=at)]),
            Entry(
                "one batch of three was open",
                [
                    mail("Club news", to=shown, at=at),
                    mail("Club news", to=[OFFICE], bcc=hidden[:12], at=at - 10 * MINUTE),
                    mail("Club news", to=[OFFICE], bcc=hidden[12:], at=at - 5 * MINUTE),
                ],
            ),
        ]

    def _answered(self) -> list[Entry]:
        at = self.moment()
        asked, ten = self.private(15), self.private(10)
        leak = mail("Clinic hours", to=ten, at=at)
        answer = mail("Re: Clinic hours", to=ten, at=at + HOUR, sender=STAFF[0], fields={"references": leak.message_id})
        return [
            Entry(
                "a question answered to fifteen",
                [mail("Re: Do you open at noon", to=asked[:1], cc=asked[1:], at=at, fields=_ASKED)],
            ),
            Entry("a colleague answered the leak", [leak, answer]),
        ]

    def _mixed(self) -> list[Entry]:
        some = [*self.private(4), *self.staff_of(5, 1)]
        tenants = [*self.private(8), *STAFF]
        return [
            Entry("nine households and shops", [mail("Road works", to=some, at=self.moment())]),
            Entry("tenants and the whole office", [mail("Water is off", to=tenants, at=self.moment())]),
            Entry("nine traders", [mail("Market fees", to=self.staff_of(9, 1), at=self.moment())]),
        ]

    def _until_then_alone(self) -> list[Entry]:
        at = self.moment()
        patients, examined, guardians = self.private(16), self.staff_of(3, 4), self.private(9)
        for _ in range(3):
            self._written_alone(patients, at)
            self._written_alone(examined, at - 300 * DAY)
        self._written_alone(guardians, at)
        return [
            Entry("patients, always written to alone", [mail("New rooms", to=[OFFICE], cc=patients, at=at)]),
            Entry("three firms' staff, examined one by one", [mail("Your results", to=examined, at=at)]),
            Entry("guardians, one mail each until now", [mail("Home visits", to=guardians, at=at)]),
        ]

    def _used_to_letters(self) -> list[Entry]:
        at = self.moment()
        suppliers, crew, trustees = self.staff_of(4, 3), self.staff_of(2, 5), self.staff_of(9, 1)
        for people in (suppliers, crew, trustees):
            self._written_alone(people, at)
        desks = self._offices(12)
        self._written_alone(desks, at)
        return [
            Entry("suppliers meet", [mail("Who brings the crane", to=[*suppliers, *STAFF[:3]], at=at)]),
            Entry("two firms' crew", [mail("Rota of the lock", to=[*crew, *STAFF[:2]], at=at)]),
            Entry("offices that usually get letters", [mail("Closed on Friday", to=desks, at=at)]),
            Entry("one trustee of each firm", [mail("Trustees on Monday", to=[*trustees, *STAFF[:4]], at=at)]),
        ]

    def _known_circles(self) -> list[Entry]:
        at = self.moment()
        choir = self.private(11)
        begun = mail(
            "Rehearsal", to=[OFFICE, *choir[1:]], sender=bare(choir[0]), at=at, origin="received", role="inbox"
        )
        thanks = mail("Re: Rehearsal", to=choir, at=at + HOUR, fields={"references": begun.message_id})
        concert = mail("Concert on Sunday", to=choir[:10], at=at + 40 * DAY)
        couple = [*self.private(2, last="voss"), *self.staff_of(1, 1)]
        walkers = self.private(8)
        return [
            Entry("a choir that sang by itself", [thanks, begun]),
            Entry("the choir, written to by us", [concert]),
            Entry("couple and their architect", [mail("Plans of the porch", to=couple, at=at)]),
            Entry(
                "walkers who talked before",
                [mail("Re: Path along the dyke", to=walkers, at=at + n * DAY, fields=_TALKED) for n in range(3)],
            ),
            Entry("first answer to three friends", [mail("Re: Sailing", to=self.private(4), at=at, fields=_ASKED)]),
            Entry("wedding", [mail("Wedding of Ida", to=self.private(10, last="holm"), at=at)]),
        ]

    def _panels(self) -> list[Entry]:
        at = self.moment()
        return [
            Entry("panel of three firms", [mail("Panel on Monday", to=[*self.staff_of(3, 2), *STAFF[:2]], at=at)]),
            Entry("network of six firms", [mail("Network day", to=[*self.staff_of(6, 2), *STAFF[:3]], at=at)]),
            Entry("first answer to two firms", [mail("Re: Dredging", to=self.staff_of(2, 4), at=at, fields=_ASKED)]),
            Entry("one firm's people", [mail("Site visit", to=self.staff_of(1, 12), at=at)]),
            Entry("offices of other councils", [mail("Boundary signs", to=self._offices(14), at=at)]),
            Entry("speakers and the office", self._speakers(at)),
        ]

    def _offices(self, count: int) -> list[str]:
        hosts = [bare(person).rpartition("@")[2] for person in self.staff_of(count, 1)]
        return [f"{role}@{host}" for role, host in zip(("info", "office") * count, hosts, strict=False)]

    def _speakers(self, at: int) -> Sequence[StoredMessage]:
        speakers = self.staff_of(5, 1)
        return [mail("Programme of the evening", to=speakers, cc=STAFF, at=at)]
