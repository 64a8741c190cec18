"""What kind of message it is: by itself, and beside the other messages of its incident."""

from collections.abc import Iterable, Mapping, Sized

from scanner.analyse.lexicon import lexicon
from scanner.analyse.stem import SubjectSign
from scanner.analyse.subject import Subject, read_subject
from scanner.model import RECALL_KINDS, MessageKind, StoredMessage, own_parts

_SCHEDULING = frozenset({"REQUEST", "REPLY", "ADD", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER"})
"""Methods of RFC 5546, 1.4, but PUBLISH, which has no attendees."""

_REPORTS = frozenset({"message/delivery-status", "message/disposition-notification", "message/feedback-report"})


_UNSURE: Mapping[str, SubjectSign] = {
    "perhaps_reply": "reply",
    "perhaps_forward": "forward",
    # What excuses less.
    "reply_or_forward": "forward",
}

_CONVERSATION_HEADER = 22
"""Bytes of a Thread-Index that begins a conversation; each answer adds five (MS-OXOMSG, 2.2.1.3)."""


def alone_kind(message: StoredMessage, subject: Subject) -> MessageKind:
    """
    Return the kind that subject, header fields and structure give without any other message.

    The outermost prefix decides, since inner ones are inherited with the
    subject that was answered. Weak words (an apology somewhere in the subject,
    a word that is a recall in one language and a reminder in the next) decide
    nothing here; `joint_kind` hears them.

    In-Reply-To alone makes no reply: whoever opens an old mail, puts in other
    recipients and another subject, sends it, too. Programs that answer put
    their prefix before the subject; where there is no subject they need none.
    """
    first = first_sign(subject, is_borne_out=refers_back(message.fields))
    if first in ("recall", "correction", "resend"):
        return "recall" if first == "recall" else "correction" if first == "correction" else "resend"
    if subject.asks_to_delete and first not in ("reply", "forward"):
        return "apology"
    if is_invitation(message) or (first == "invite" and _may_hold_calendar(message)):
        return "invite"
    if is_report(message):
        return "system"
    if first == "reply" or (
        first == "forward"
        and _believed(subject, refers_back(message.fields)) == "reply_or_forward"
        and _answers_at_home(message)
    ):
        return "reply"
    if first == "forward":
        return "forward"
    if is_automatic(message):
        return "system"
    # RFC 5322, 3.6.4: In-Reply-To is for replies; a forwarding client writes References at most.
    is_bare = not message.subject.strip() and bool(message.fields.get("in-reply-to", "").strip())
    return "reply" if is_bare else "original"


def first_sign(subject: Subject, *, is_borne_out: bool | None) -> SubjectSign | None:
    """
    Return what the outermost prefix says that can be believed, None for nothing.

    Args:
        subject: Its prefixes.

        is_borne_out: From `refers_back`. What also begins subjects that answer nothing ("Rif:", "CT:") is believed
            only where it is, and "Re:" unless a field contradicts it: people write it by hand.
    """
    sign = _believed(subject, is_borne_out)
    return None if sign is None else _UNSURE.get(sign, sign)


def _believed(subject: Subject, is_borne_out: bool | None) -> SubjectSign | None:
    """Return the prefix from which `first_sign` has what it says."""
    for sign in subject.signs:
        if sign in _UNSURE:
            if is_borne_out:
                return sign
        elif sign not in ("reply", "forward") or is_borne_out is not False:
            return sign
    return None


def refers_back(fields: Mapping[str, str]) -> bool | None:
    """
    Tell whether a field says that the message answers or forwards another one.

    In-Reply-To and References do (RFC 5322, 3.6.4). Exchange's Thread-Index
    does, or says that the message begins a conversation: False. None = no
    field says anything; some programs and archives have none.
    """
    if fields.get("in-reply-to", "").strip() or fields.get("references", "").strip():
        return True
    encoded = "".join(fields.get("thread-index", "").split()).rstrip("=")
    return len(encoded) * 6 // 8 > _CONVERSATION_HEADER if encoded else None


def _answers_at_home(message: StoredMessage) -> bool:
    """Tell whether it comes from a country where the prefix of others' forwards answers: "VS:" in Finland."""
    hosts = [entry.key.rpartition("@")[2] for entry in message.recipients if entry.field == "from" and entry.key]
    domains = lexicon()("home", "answers")
    return bool(hosts) and all(host.rpartition(".")[2] in domains for host in hosts)


def _may_hold_calendar(message: StoredMessage) -> bool:
    """Tell whether parts that nobody has looked at may invite, as the subject says."""
    return message.parts is None and message.fields.get("content-type", "").strip().lower().startswith("multipart/")


def is_invitation(message: StoredMessage) -> bool:
    """
    Tell whether the message is about an appointment of several people.

    Its type or one of its own parts, however nested, is a calendar object with
    a method of scheduling (RFC 6047, 2.4; RFC 5546, 1.4), or Exchange's
    Content-Class says so. An event that is only published, and an invitation
    in an attached message, invite nobody.
    """
    content_type = message.fields.get("content-type", "").strip().lower()
    content_class = message.fields.get("content-class", "").lower()
    if content_type.startswith("text/calendar") or "calendarmessage" in content_class:
        return True
    return any(part.method in _SCHEDULING for part in own_parts(message.parts or ()))


def is_report(message: StoredMessage) -> bool:
    """Tell whether a program reports on another message: a bounce, a proof of receipt (RFC 6522, RFC 8098)."""
    if message.fields.get("content-type", "").strip().lower().startswith("multipart/report"):
        return True
    return any(part.content_type in _REPORTS for part in own_parts(message.parts or ()))


def is_automatic(message: StoredMessage) -> bool:
    """Tell whether a program says that it sent the message (RFC 3834, 5; Precedence of RFC 2076, 3.9)."""
    auto = message.fields.get("auto-submitted", "").strip().lower()
    precedence = message.fields.get("precedence", "").strip().lower()
    return (bool(auto) and not auto.startswith("no")) or precedence in ("bulk", "junk", "auto_reply")


def calls_back(subject: Subject, *, is_borne_out: bool | None) -> bool:
    """
    Tell whether the subject may take another mail back; only the list it goes to can prove it.

    "Re: sorry for the delay" is inherited or polite; a request to delete is neither. Arguments as of `first_sign`.
    """
    first = first_sign(subject, is_borne_out=is_borne_out)
    if first in ("recall", "perhaps_recall") or subject.asks_to_delete:
        return True
    return subject.apologises and first not in ("reply", "forward")


def may_remind(subject: Subject, *, is_borne_out: bool | None) -> bool:
    """
    Tell whether all that calls a mail back is a word that also means something else, as "Rappel" is a reminder.

    Arguments as of `first_sign`: what nobody believes before it ("R: Rappel : ...") changes nothing.
    """
    first = first_sign(subject, is_borne_out=is_borne_out)
    return first == "perhaps_recall" and not (subject.asks_to_delete or subject.apologises)


def joint_kind(
    alone: MessageKind,
    subject: Subject,
    *,
    is_borne_out: bool | None,
    takes_back: bool,
    repeats: bool,
    is_batch: bool,
) -> MessageKind:
    """
    Return the kind within an incident.

    Args:
        alone: What `alone_kind` said.

        subject: Its subject.

        is_borne_out: As of `first_sign`.

        takes_back: It goes to half of the list of an earlier message or more, and `calls_back`.

        repeats: It shows an earlier list with the same stem again.

        is_batch: It is one of several parts of one mailing.
    """
    if takes_back and alone not in ("recall", "correction"):
        first = first_sign(subject, is_borne_out=is_borne_out)
        return "recall" if first == "perhaps_recall" else "apology"
    if alone != "original":
        return alone
    if repeats:
        return "resend"
    return "batch" if is_batch else "original"


def unseen_recalls(messages: Iterable[tuple[MessageKind, str]], siblings: Sized) -> frozenset[int]:
    """
    Return the places of the recalls and apologies of an incident that have nothing before them to take back.

    What stands before them takes back as they do, so it is not what they mean;
    but of a recall whose subject is that of an apology before it, that is.

    Args:
        messages: Kind and subject of its messages, by time.

        siblings: Other mail of the same mailing, which hid its recipients: that is known as well.
    """
    unseen: set[int] = set()
    before: list[Subject] = []
    for place, (kind, text) in enumerate(() if siblings else messages):
        if kind not in RECALL_KINDS:
            break
        subject = read_subject(text)
        if not any(_recalls_this(subject, other) for other in before):
            unseen.add(place)
        before.append(subject)
    return frozenset(unseen)


def _recalls_this(subject: Subject, other: Subject) -> bool:
    """Tell whether it is the other subject behind the prefix of a recall."""
    for place, sign in enumerate(subject.signs):
        if sign in ("recall", "perhaps_recall"):
            return (subject.stem, subject.signs[place + 1 :]) == (other.stem, other.signs)
    return False


def is_answer(kind: MessageKind, subject: Subject, fields: Mapping[str, str]) -> bool:
    """Tell whether a message may refer to another one, so that a colleague may have sent it; this excuses nothing."""
    if kind in ("reply", "forward", "recall", "correction", "resend", "apology") or "in-reply-to" in fields:
        return True
    return bool(subject.signs) and subject.signs[0] in _UNSURE
