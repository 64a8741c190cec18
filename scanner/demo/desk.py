"""
Desks: who writes from which account of the invented organisation, and where the copies are filed.

The organisation is Harbourlight, a counselling and health charity with an
office, a counselling service and a branch in Kiel. The three accounts show
what real ones differ in: hierarchy delimiter, names of the sent mailboxes
(only two servers say `\\Sent`), a second sent mailbox that another client
made, language, time zone and mail program.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from scanner.demo.mail import PLAIN, Contact, Letter, compose
from scanner.demo.mailbox import ServedMessage

ORGANISATION = "Harbourlight Counselling and Health"
DOMAIN = "harbourlight.example"
SISTER_DOMAIN = "harbourlight-homes.example"

_SEEN = ("\\Seen",)


@dataclass(frozen=True, slots=True)
class Filed:
    """A message where it lies."""

    account: str
    mailbox: str
    message_id: str
    message: ServedMessage


@dataclass(slots=True)
class Desk:
    """One account and the habits of whoever writes from it."""

    name: str
    contact: Contact
    password: str
    zone: ZoneInfo
    delimiter: str
    sent: str
    """The sent mailbox that today's client uses."""

    special: dict[str, str]
    """Names of the other mailboxes → attribute of RFC 6154, "" = none shown by the server."""

    mailer: tuple[str, str]
    second_sent: str = ""
    """A sent mailbox that an older client left behind; "" = none."""

    german: bool = False
    _random: Random = field(init=False)
    _serial: int = 0

    def __post_init__(self) -> None:
        self._random = Random(f"desk {self.name}")  # noqa: S311 - the demo must be the same in every run

    @property
    def address(self) -> str:
        """Login and From address."""
        return self.contact.addr_spec

    def at(self, year: int, month: int, day: int, hour: int, minute: int, second: int = 0) -> datetime:
        """Return a moment of this desk's wall clock."""
        return datetime(year, month, day, hour, minute, second, tzinfo=self.zone)

    def write(
        self,
        subject: str,
        sent_at: datetime,
        *,
        to: Sequence[Contact] = (),
        cc: Sequence[Contact] = (),
        bcc: Sequence[Contact] = (),
        sender: Contact | None = None,
        body: str = "",
        in_reply_to: str = "",
        content_type: str = PLAIN,
        extra: Sequence[tuple[str, str]] = (),
    ) -> Letter:
        """Write a letter as this desk's mail program does; the account writes it unless `sender` is given."""
        return Letter(
            sender=sender or self.contact,
            sent_at=sent_at,
            subject=subject,
            message_id=self.new_message_id(sent_at),
            to=tuple(to),
            cc=tuple(cc),
            bcc=tuple(bcc),
            body=body or self._body(),
            in_reply_to=in_reply_to,
            references=(in_reply_to,) if in_reply_to else (),
            content_type=content_type,
            extra=(self.mailer, *extra),
        )

    def file(self, letter: Letter, mailbox: str = "", flags: tuple[str, ...] = _SEEN) -> Filed:
        """Put the copy into a mailbox, the sent one unless another is named, seconds after the Date."""
        # A server stamps the copy when it arrives, some seconds after the client wrote the Date.
        internal_at = letter.sent_at + timedelta(seconds=self._random.randrange(1, 9))
        message = ServedMessage(internal_at, flags, compose(letter))
        return Filed(self.name, mailbox or self.sent, letter.message_id, message)

    def new_message_id(self, sent_at: datetime) -> str:
        """Return a Message-ID nobody else has (RFC 5322, 3.6.4)."""
        self._serial += 1
        return f"<{sent_at:%Y%m%d%H%M%S}.{self._serial:05X}{self._random.randrange(16**6):06X}@mail.{DOMAIN}>"

    def _body(self) -> str:
        if self.german:
            return "Guten Tag,\n\nanbei die Angaben wie besprochen.\n\nMit freundlichen Grüßen\nHarbourlight Kiel"
        return "Good morning,\n\nplease find the details as discussed.\n\nKind regards\nHarbourlight"


def open_desks() -> tuple[Desk, Desk, Desk]:
    """Return the desks of the office, the counselling service and the branch in Kiel, with nothing written yet."""
    office = Desk(
        name="office",
        contact=Contact("Harbourlight Office", f"office@{DOMAIN}"),
        password="slack-water-neaps",  # noqa: S106 - for loopback only, guards invented mail
        zone=ZoneInfo("Europe/London"),
        delimiter=".",
        sent="INBOX.Sent",
        special={"INBOX.Drafts": "\\Drafts", "INBOX.Trash": "\\Trash", "INBOX.Archive": ""},
        mailer=("X-Mailer", "Microsoft Outlook 16.0"),
    )
    counselling = Desk(
        name="counselling",
        contact=Contact("Harbourlight Counselling", f"counselling@{DOMAIN}"),
        password="ebb-before-dawn",  # noqa: S106 - as above
        zone=ZoneInfo("Europe/London"),
        delimiter="/",
        sent="Sent",
        second_sent="Sent Items",
        special={"Drafts": "\\Drafts", "Trash": "\\Trash", "Archive": "\\Archive"},
        mailer=("User-Agent", "Mozilla Thunderbird"),
    )
    kiel = Desk(
        name="kiel",
        contact=Contact("Harbourlight Kiel", f"kiel@{DOMAIN}"),
        password="flut-und-ebbe",  # noqa: S106 - as above
        zone=ZoneInfo("Europe/Berlin"),
        delimiter="/",
        sent="Gesendete Elemente",
        special={"Entwürfe": "", "Gelöschte Elemente": "", "Archiv": ""},
        mailer=("X-Mailer", "Apple Mail (2.3774)"),
        german=True,
    )
    return office, counselling, kiel
