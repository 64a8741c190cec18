"""Which mailboxes of a source hold sent mail."""

from fnmatch import fnmatchcase

from scanner.crawl.mailbox import missing_error
from scanner.crawl.mailbox_name import ROLE_NAMES, SENT_NAMES, fold_name
from scanner.crawl.source.box import Box
from scanner.crawl.source.discover import Source
from scanner.crawl.source.mbox_box import MboxBox
from scanner.errors import NoSentMailboxError
from scanner.model import NAMED_IN_SETTINGS, ONLY_MAILBOX, READ_FOR_OURS, Account, FoundMailbox, MailboxRole

OTHER_FILES = b"//"
"""Wire name of what stands for the files that hold no mail: no path within a source."""


def judge_source(source: Source, account: Account) -> tuple[FoundMailbox, ...]:
    """
    Judge all mailboxes of a source; those with role `sent` and not excluded are in scope, with scope `ours` all.

    A mailbox is a sent one by the user's own setting; by its name, as on
    servers; because its messages carry Gmail's labels, of which those that
    mean sent mail count; or because it is the only one. With scope `ours` the
    last two make no difference: the whole mailbox is read for mail of ours.

    What the settings name and the source does not hold is out of scope, with
    that reason; so is one entry for all files that hold no mail.

    Raises:
        NoSentMailboxError: None is, or with scope `ours` there is no mailbox at all.

        MailboxMissingError: None is, and the settings name some that are not there.
    """
    boxes = source.boxes
    missing = [
        FoundMailbox.missing(name)
        for name in dict.fromkeys(account.mailboxes)
        if not any(is_called(name, box) for box in boxes)
    ]
    found = [_judge(box, account, is_alone=len(boxes) == 1) for box in boxes]
    if not any(mailbox.role == "sent" or mailbox.in_scope for mailbox in found):
        if missing and found:
            raise missing_error(missing)
        raise NoSentMailboxError(
            "no sent mailbox found" if found else "no mail found",
            remedy='Name it in the settings: mailboxes = ["…"]; `blindcopy check` lists what there is'
            if found
            else "Check which folder `source` names",
        )
    skipped = (FoundMailbox(one.wire_name, one.name, "other", one.reason, False) for one in source.skipped)
    # Counted where everybody looks: a suffix that nobody thought of could be mail after all.
    ignored = (
        (FoundMailbox(OTHER_FILES, "(other files)", "other", other_files(source.ignored), False),)
        if source.ignored
        else ()
    )
    return (*found, *skipped, *missing, *ignored)


def other_files(number: int) -> str:
    """Return how many files of a source hold no mail."""
    return "1 other file holds no mail" if number == 1 else f"{number:,} other files hold no mail"


def is_called(name: str, box: Box) -> bool:
    """Tell whether a name of the settings means this mailbox: as shown, as the file is called, or its last part."""
    wire_name = box.wire_name.decode("utf-8", "surrogateescape")
    return name in (box.name, wire_name, box.name.rpartition("/")[2], wire_name.rpartition("/")[2])


def _judge(box: Box, account: Account, *, is_alone: bool) -> FoundMailbox:
    role, reason = _role(box, account, is_alone=is_alone)
    excluded = next((why for glob, why in account.excluded if fnmatchcase(box.name, glob)), None)
    if excluded is not None:
        return FoundMailbox.excluded(box.wire_name, box.name, role, excluded)
    if role != "sent" and account.scope == "ours":
        if isinstance(box, MboxBox):
            box.reads_all = True
        return FoundMailbox(box.wire_name, box.name, role, f"{reason}; {READ_FOR_OURS}", True, only_ours=True)
    return FoundMailbox(box.wire_name, box.name, role, reason, role == "sent")


def _role(box: Box, account: Account, *, is_alone: bool) -> tuple[MailboxRole, str]:
    if any(is_called(name, box) for name in account.mailboxes):
        if isinstance(box, MboxBox):
            box.reads_all = True
        return "sent", NAMED_IN_SETTINGS
    role, reason = role_by_name(box.name)
    if role == "sent" or account.mailboxes or account.scope == "ours":
        return role, reason
    if role in ("other", "all", "archive") or is_alone:
        if isinstance(box, MboxBox) and box.has_labels():
            return "sent", "its messages carry Gmail labels; those labelled as sent count"
        if is_alone:
            return "sent", ONLY_MAILBOX
    return role, reason


def role_by_name(name: str) -> tuple[MailboxRole, str]:
    """Return the role that a mailbox's name tells, levels separated by "/", and the reason in words."""
    parts = [fold_name(part) for part in name.split("/")]
    leaf = parts[-1]
    if leaf == "inbox":
        return "inbox", "the inbox"
    if leaf in SENT_NAMES:
        return "sent", "its name means sent mail"
    if other := ROLE_NAMES.get(leaf):
        return other, f"its name means {other}"
    if any(leaf.startswith(sent) and not leaf[len(sent)].isalpha() for sent in SENT_NAMES if len(leaf) > len(sent)):
        return "sent", "its name begins like a sent mailbox"
    if not SENT_NAMES.isdisjoint(parts[:-1]):
        return "sent", "below a sent mailbox"
    return "other", "not a sent mailbox"
