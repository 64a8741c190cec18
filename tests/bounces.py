"""
Bounces and replies as several mail programs write them; invented people, and texts of our own.

Each function takes the Message-ID of the mail that came back and the address
that it could not be delivered to, and returns an RFC 5322 message.
"""

from collections.abc import Sequence

SENDER = "ada@corp.example"
_BOUNDARY = "=_part_4711"


def _lines(*lines: str) -> bytes:
    return "\r\n".join(lines).encode("utf-8")


def _report(head: Sequence[str], human: Sequence[str], status: Sequence[str], returned: Sequence[str]) -> bytes:
    return _lines(
        *head,
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="{_BOUNDARY}"',
        "",
        f"--{_BOUNDARY}",
        *human,
        f"--{_BOUNDARY}",
        "Content-Type: message/delivery-status",
        "",
        *status,
        f"--{_BOUNDARY}",
        *returned,
        f"--{_BOUNDARY}--",
        "",
    )


_PLAIN = ("Content-Type: text/plain; charset=us-ascii", "", "The text for people that nobody reads here.", "")


def _original(message_id: str) -> tuple[str, ...]:
    return (
        f"From: {SENDER}",
        "To: someone@people.example",
        "Subject: Evening of the group",
        f"Message-ID: {message_id}",
        "",
    )


def postfix(message_id: str, address: str, action: str = "failed", status: str = "5.1.1") -> bytes:
    """Return Postfix's shape: the whole mail comes back, and only it tells the Message-ID."""
    return _report(
        [
            "Date: Mon, 06 Jan 2020 09:00:00 +0000",
            "From: MAILER-DAEMON@mx.corp.example (Mail Delivery System)",
            f"To: {SENDER}",
            "Subject: Undelivered Mail Returned to Sender",
            "Auto-Submitted: auto-replied",
            "Message-ID: <pf1@mx.corp.example>",
        ],
        ["Content-Description: Notification", *_PLAIN],
        [
            "Reporting-MTA: dns; mx.corp.example",
            "X-Postfix-Queue-ID: 4FzQ",
            "Arrival-Date: Mon,  6 Jan 2020 08:59:58 +0000 (UTC)",
            "",
            f"Final-Recipient: rfc822; {address}",
            f"Original-Recipient: rfc822;{address}",
            f"Action: {action}",
            f"Status: {status}",
            "Remote-MTA: dns; mx.people.example",
            "Diagnostic-Code: smtp; 550 5.1.1 no such",
            "    user here",
            "",
        ],
        [
            "Content-Description: Undelivered Message",
            "Content-Type: message/rfc822",
            "",
            *_original(message_id),
            "Hello.",
        ],
    )


def exchange(message_id: str, address: str) -> bytes:
    """Return Exchange's shape: the human part is an alternative of its own, headers come back, threads are kept."""
    inner = "=_inner"
    return _report(
        [
            "Date: Mon, 06 Jan 2020 09:01:00 +0000",
            "From: <postmaster@corp.example>",
            f"To: {SENDER}",
            "Subject: Undeliverable: Evening of the group",
            f"In-Reply-To: {message_id}",
            f"References: {message_id}",
            "Message-ID: <ex1@corp.example>",
            "Auto-Submitted: auto-replied",
        ],
        [
            f'Content-Type: multipart/alternative; boundary="{inner}"',
            "",
            f"--{inner}",
            *_PLAIN,
            f"--{inner}",
            "Content-Type: text/html; charset=us-ascii",
            "",
            "<p>Words.</p>",
            f"--{inner}--",
            "",
        ],
        [
            "Reporting-MTA: dns;mail.corp.example",
            "Received-From-MTA: dns;gate.corp.example",
            "Arrival-Date: Mon, 6 Jan 2020 08:59:58 +0000",
            "",
            f"Final-Recipient: rfc822;{address}",
            "Action: failed",
            "Status: 5.1.10",
            "Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound",
            "",
        ],
        ["Content-Type: text/rfc822-headers", "", *_original(message_id)],
    )


def gmail(message_id: str, address: str) -> bytes:
    """Return Gmail's shape: X-Failed-Recipients, and the Message-ID in the delivery status as well."""
    return _report(
        [
            "Date: Mon, 06 Jan 2020 01:02:00 -0800 (PST)",
            "From: Mail Delivery Subsystem <mailer-daemon@provider.example>",
            f"To: {SENDER}",
            "Auto-Submitted: auto-replied",
            "Subject: Delivery Status Notification (Failure)",
            f"References: {message_id}",
            f"In-Reply-To: {message_id}",
            f"X-Failed-Recipients: {address}",
            "Message-ID: <gm1@provider.example>",
        ],
        [*_PLAIN],
        [
            "Reporting-MTA: dns; provider.example",
            "Arrival-Date: Mon, 06 Jan 2020 01:01:58 -0800 (PST)",
            f"X-Original-Message-ID: {message_id}",
            "",
            f"Final-Recipient: rfc822; {address}",
            "Action: failed",
            "Status: 5.2.1",
            "Last-Attempt-Date: Mon, 06 Jan 2020 01:01:59 -0800 (PST)",
            "",
        ],
        ["Content-Type: message/rfc822", "", *_original(message_id), "Hello."],
    )


def exim(message_id: str, address: str) -> bytes:
    """Return the shape of a recent Exim: a report, headers come back as text/rfc822-headers."""
    return _report(
        [
            f"X-Failed-Recipients: {address}",
            "Auto-Submitted: auto-replied",
            "From: Mail Delivery System <Mailer-Daemon@exim.example>",
            f"To: {SENDER}",
            f"References: {message_id}",
            "Subject: Mail delivery failed: returning message to sender",
            "Message-Id: <ei1@exim.example>",
            "Date: Mon, 06 Jan 2020 09:03:00 +0000",
        ],
        [*_PLAIN],
        [
            "Reporting-MTA: dns; exim.example",
            "",
            "Action: failed",
            f"Final-Recipient: rfc822;{address}",
            "Status: 5.0.0",
            "Remote-MTA: dns; mx.people.example",
            "",
        ],
        ["Content-type: text/rfc822-headers", "", *_original(message_id)],
    )


def old_exim(address: str, *, message_id: str = "") -> bytes:
    """Return the shape of an old Exim: plain text; with a Message-ID a References field names the mail."""
    return _lines(
        f"X-Failed-Recipients: {address}",
        "Auto-Submitted: auto-replied",
        "From: Mail Delivery System <Mailer-Daemon@exim.example>",
        f"To: {SENDER}",
        *([f"References: {message_id}"] if message_id else []),
        "Subject: Mail delivery failed: returning message to sender",
        "Message-Id: <ei2@exim.example>",
        "Date: Mon, 06 Jan 2020 09:04:00 +0000",
        "",
        "This message was created automatically.",
        f"  {address}",
        "",
    )


def qmail(address: str, *, message_id: str = "", sender: str = "MAILER-DAEMON@qmail.example") -> bytes:
    """Return qmail's shape: text for people only; with a Message-ID, that of programs that answer the mail."""
    return _lines(
        "Date: 6 Jan 2020 09:05:00 -0000",
        f"From: {sender}",
        f"To: {SENDER}",
        "Subject: failure notice",
        *([f"In-Reply-To: {message_id}"] if message_id else []),
        "Message-ID: <qm1@qmail.example>",
        "",
        "Hi. This is the program at qmail.example.",
        f"<{address}>:",
        "Sorry, no mailbox here by that name. (#5.1.1)",
        "",
    )


def reply(message_id: str, sender: str, *more: str, number: int = 1, references: str = "") -> bytes:
    """Return an answer; `more` are further fields, such as Auto-Submitted."""
    return _lines(
        "Date: Mon, 06 Jan 2020 10:00:00 +0000",
        f"From: {sender}",
        f"To: {SENDER}",
        "Subject: Re: Evening of the group",
        *([f"In-Reply-To: {message_id}"] if message_id else []),
        f"References: {references or message_id}",
        f"Message-ID: <re{number}.{sender.strip('<>').rpartition('<')[2]}>",
        *more,
        "",
        "Thank you.",
        "",
    )
