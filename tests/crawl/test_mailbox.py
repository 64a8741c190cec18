"""Every sent mailbox is found, whatever it is called, and every mailbox has a reason."""

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.imap_utf7 import encode as encode_utf7

from scanner.crawl import mailbox as mailbox_module
from scanner.crawl.listing import decode_name, read_list_answer
from scanner.crawl.mailbox import find_mailboxes
from scanner.crawl.mailbox_name import ROLE_NAMES, SENT_NAMES, fold_name
from scanner.crawl.response import drain
from scanner.crawl.wire import WireClient
from scanner.errors import MailboxMissingError, NoSentMailboxError, ProtocolError
from scanner.model import FoundMailbox
from tests.crawl.talk import TAG, account_at, hear
from tests.servers.scripted import Answer, Command, ScriptedServer

BY_LANGUAGE = {
    "English": "Sent Items",
    "German": "Gesendete Elemente",
    "French": "Éléments envoyés",
    "Spanish": "Elementos enviados",
    "Catalan": "Elements enviats",
    "Galician": "Mensaxes enviadas",
    "Basque": "Bidalitakoak",
    "Portuguese": "Itens Enviados",
    "Italian": "Posta inviata",
    "Dutch": "Verzonden items",
    "Afrikaans": "Gestuurde items",
    "Irish": "Seolta",
    "Welsh": "Eitemau wedi'u hanfon",
    "Swedish": "Skickat",
    "Danish": "Sendt post",
    "Norwegian": "Sendte elementer",
    "Finnish": "Lähetetyt",
    "Icelandic": "Sendir hlutir",
    "Polish": "Elementy wysłane",
    "Czech": "Odeslaná pošta",
    "Slovak": "Odoslaná pošta",
    "Hungarian": "Elküldött elemek",
    "Romanian": "Elemente trimise",
    "Slovene": "Poslano",
    "Croatian": "Poslane stavke",
    "Serbian": "Послате ставке",
    "Macedonian": "Испратени",
    "Albanian": "Të dërguara",
    "Bulgarian": "Изпратени",
    "Russian": "Отправленные",
    "Ukrainian": "Надіслані",
    "Belarusian": "Адпраўленыя",
    "Kazakh": "Жіберілген",
    "Greek": "Απεσταλμένα",
    "Turkish": "Gönderilmiş Öğeler",
    "Azerbaijani": "Göndərilənlər",
    "Georgian": "გაგზავნილი",
    "Armenian": "Ուղարկված",
    "Estonian": "Saadetud",
    "Latvian": "Nosūtītie vienumi",
    "Lithuanian": "Išsiųsti",
    "Persian": "ارسال شده",
    "Urdu": "بھیجے گئے",
    "Hindi": "भेजे गए आइटम",
    "Bengali": "প্রেরিত",
    "Tamil": "அனுப்பியவை",
    "Hebrew": "פריטים שנשלחו",
    "Arabic": "العناصر المرسلة",
    "Chinese, simplified": "已发送邮件",
    "Chinese, traditional": "寄件備份",
    "Japanese": "送信済みアイテム",
    "Korean": "보낸 편지함",
    "Vietnamese": "Thư đã gửi",
    "Indonesian": "Item Terkirim",
    "Malay": "Item Dihantar",
    "Thai": "รายการที่ถูกส่ง",
}


def listed(
    *lines: str | bytes, capability: bytes = b"", command: bytes = b"LIST", **changes: Any
) -> list[FoundMailbox]:
    """Return what is found when a server answers its list with these lines (text behind "* ")."""
    said = b"".join(b"* " + (line.encode("latin-1") if isinstance(line, str) else line) + b"\r\n" for line in lines)

    def answer(asked: Command) -> Answer:
        return said + asked.tag + b" OK done\r\n"

    with ScriptedServer({}, {command: answer}, capability=capability) as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
        try:
            return list(find_mailboxes(client, account_at(server, **changes)))
        finally:
            client.drop()


def sent(*lines: str | bytes, **more: Any) -> set[str]:
    """Return the names of the sent mailboxes in scope."""
    return {mailbox.name for mailbox in listed(*lines, **more) if mailbox.in_scope}


def reason_of(name: str, found: list[FoundMailbox]) -> tuple[str, str]:
    """Return (role, reason) of one mailbox."""
    return next((mailbox.role, mailbox.reason) for mailbox in found if mailbox.name == name)


# --- which ones ---------------------------------------------------------------


def test_all_sent_mailboxes_are_found_each_with_its_reason() -> None:
    """The server's, those that programs made, yearly ones below and beside them; nothing else."""
    found = listed(
        'LIST (\\HasNoChildren \\Sent) "/" Sent',
        'LIST () "/" "Gesendete Objekte"',
        'LIST () "/" "Sent 2019"',
        'LIST () "/" "sent-mail"',
        'LIST () "/" Sent/2020',
        'LIST () "/" "Gesendete Objekte/Archiv/2018"',
        'LIST () "/" INBOX',
        'LIST () "/" Sentinel',
        'LIST () "/" "Sentences"',
        'LIST () "/" "Unsent"',
        'LIST () "/" "Projects"',
        'LIST () "/" Entw&APw-rfe',
        'LIST () "/" "Deleted Items"',
    )

    assert {mailbox.name: mailbox.reason for mailbox in found if mailbox.in_scope} == {
        "Sent": "marked \\Sent by the server",
        "Gesendete Objekte": "its name means sent mail",
        "Sent 2019": "its name begins like a sent mailbox",
        "sent-mail": "its name begins like a sent mailbox",
        "Sent/2020": "below a sent mailbox",
        "Gesendete Objekte/Archiv/2018": "below a sent mailbox",
    }
    assert {mailbox.name: mailbox.role for mailbox in found if not mailbox.in_scope} == {
        "INBOX": "inbox",
        "Sentinel": "other",
        "Sentences": "other",
        "Unsent": "other",
        "Projects": "other",
        "Entwürfe": "drafts",
        "Deleted Items": "trash",
    }
    assert all(mailbox.role == "sent" for mailbox in found if mailbox.in_scope)


@pytest.mark.parametrize("name", BY_LANGUAGE.values(), ids=BY_LANGUAGE)
def test_sent_is_understood_in_many_languages(name: str) -> None:
    """In capitals too; as modified UTF-7, as raw UTF-8, and with accents written the way Macs write them."""
    for spelled in (name, name.upper()):
        utf7 = b'LIST () "/" "' + encode_utf7(spelled).replace(b'"', b'\\"') + b'"'
        utf8 = b'LIST () "/" "' + spelled.encode() + b'"'
        macs = b'LIST () "/" "' + unicodedata.normalize("NFD", spelled).encode() + b'"'

        assert sent(utf7) == sent(utf8) == {spelled}
        assert len(sent(macs)) == 1


def test_names_are_compared_as_fold_name_writes_them() -> None:
    """A table entry that is not folded itself would never match."""
    assert {fold_name(name) for name in SENT_NAMES} == SENT_NAMES
    assert {fold_name(name) for name in ROLE_NAMES} == set(ROLE_NAMES)
    assert not SENT_NAMES & set(ROLE_NAMES)
    assert len(BY_LANGUAGE) >= 30


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('LIST (\\Sent) "." INBOX.Sent', "INBOX.Sent"),
        ('LIST () "." "INBOX.Sent Items"', "INBOX.Sent Items"),
        ('LIST () "." INBOX.Sent.2021', "INBOX.Sent.2021"),
        ('LIST () "\\\\" "Mail\\\\Sent"', "Mail\\Sent"),
        ('LIST () "|" "Archiv|Gesendet"', "Archiv|Gesendet"),
        ('LIST () "/" "[Gmail]/Sent Mail"', "[Gmail]/Sent Mail"),
        ('LIST () "/" "[Google Mail]/Gesendet"', "[Google Mail]/Gesendet"),
        ("LIST () NIL Sent", "Sent"),
        ('LIST () "" "Sent"', "Sent"),
        ('list (\\sent) "/" x', "x"),
        ('XLIST (\\HasNoChildren \\SENT) "/" x', "x"),
        ('LIST (\\Sent \\Sent) "/" x', "x"),
        ('LIST () "/" "Sent "', "Sent "),
        ('LIST () "/" "Sent\tItems"', "Sent\tItems"),
        ('LIST (\\Sent) "/" "a \\"b\\" \\\\c"', 'a "b" \\c'),
        ('LIST (\\Sent) "/" "R&-D"', "R&D"),
        ('LIST (\\Sent) "/" "R&D"', "R&D"),
        ('LIST (\\Sent) "/" NIL', "NIL"),
        ('LIST (\\Sent) "." Renamed ("OLDNAME" ("Old"))', "Renamed"),
        ('LIST (\\Sent) "." "Re named" ("CHILDINFO" ("SUBSCRIBED"))', "Re named"),
    ],
)
def test_names_and_delimiters_of_many_servers(line: str, name: str) -> None:
    """Prefixes, five delimiters or none, quotes, ampersands, blanks, extension data, and a mailbox called NIL."""
    assert sent(line) == {name}


def test_a_name_may_be_a_literal() -> None:
    """And the answer behind it is read as one of its own."""
    found = listed(b'LIST () "/" {10}\r\nSent Items', 'LIST () "/" Other')

    assert [(mailbox.wire_name, mailbox.in_scope) for mailbox in found] == [(b"Other", False), (b"Sent Items", True)]


def test_a_mailbox_below_one_marked_sent_is_sent() -> None:
    """Also where the parent's name says nothing."""
    found = listed('LIST (\\Sent) "/" Ausgang', 'LIST () "/" Ausgang/2020', 'LIST () "/" Ausgangspost')

    assert reason_of("Ausgang/2020", found) == ("sent", "below a sent mailbox")
    assert reason_of("Ausgangspost", found)[0] == "other"


def test_a_special_use_in_a_line_of_its_own_counts() -> None:
    """Some servers list a mailbox twice; it is one mailbox with both lines' attributes."""
    found = listed('LIST (\\HasChildren) "/" Post', 'LIST (\\Sent) "/" Post', 'LIST () "/" Post')

    assert [(mailbox.name, mailbox.role) for mailbox in found] == [("Post", "sent")]


def test_what_cannot_be_opened_is_no_mailbox() -> None:
    r"""RFC 9051, 7.3.1: \Noselect and \NonExistent are levels of the hierarchy, even when they are called Sent."""
    found = listed(
        'LIST (\\Noselect \\HasChildren) "/" "[Gmail]"',
        'LIST (\\NonExistent) "/" Sent',
        'LIST () "/" Sent/2020',
        'LIST (\\NOSELECT \\Sent) "/" Gesendet',
    )

    assert [mailbox.name for mailbox in found] == ["Sent/2020"]


def test_the_servers_mark_wins_over_the_name() -> None:
    r"""A mailbox called Sent that the server marks \Trash is not sent mail."""
    found = listed('LIST (\\Trash) "/" Sent', 'LIST (\\Sent) "/" Papierkorb', 'LIST (\\Drafts) "/" Gesendet')

    assert [(mailbox.name, mailbox.role) for mailbox in found] == [
        ("Gesendet", "drafts"),
        ("Papierkorb", "sent"),
        ("Sent", "trash"),
    ]


# --- settings -----------------------------------------------------------------


def test_the_setting_adds_to_what_is_found_and_wins_over_everything_but_an_exclusion() -> None:
    """A mailbox named in the settings is read whatever the server or its name says, in addition to the others."""
    lines = ('LIST (\\Trash) "/" M&APw-ll', 'LIST (\\Sent) "/" Sent')

    for spelled in ("Müll", "M&APw-ll"):
        found = listed(*lines, mailboxes=(spelled,))

        assert reason_of("Müll", found) == ("sent", "named in the settings")
        assert {mailbox.name for mailbox in found if mailbox.in_scope} == {"Müll", "Sent"}
    assert sent(*lines, mailboxes=("Müll",), excluded=(("M*", "the doctor's"),)) == {"Sent"}


def test_a_mailbox_of_the_settings_that_does_not_exist_is_said() -> None:
    """A typing error costs that mailbox only, and stands there with its reason; alone it is the account's error."""
    found = listed('LIST (\\Sent) "/" Sent', mailboxes=("Snet", "Snet"))

    assert [(mailbox.name, mailbox.in_scope, mailbox.is_missing) for mailbox in found] == [
        ("Sent", True, False),
        ("Snet", False, True),
    ]
    with pytest.raises(MailboxMissingError, match="no mailbox 'Snet'"):
        listed('LIST () "/" Orders', mailboxes=("Snet",))


def test_an_excluded_mailbox_is_listed_and_not_in_scope() -> None:
    """With the reason that the settings give."""
    found = listed(
        'LIST (\\Sent) "/" Sent', 'LIST () "/" Sent/Betriebsrat', excluded=(("Sent/Betriebs*", "works council"),)
    )

    assert reason_of("Sent/Betriebsrat", found) == ("sent", "excluded: works council")
    assert [mailbox.name for mailbox in found if mailbox.in_scope] == ["Sent"]


# --- odd lists ----------------------------------------------------------------


@pytest.mark.parametrize(
    "odd",
    [
        b'LIST (\\Sent "/" Gesendet',
        b"LIST Gesendet",
        b'LIST ((\\Sent)) "/" Gesendet',
        b"LIST () {3}\r\nabc",
        b"XLIST \xff\xfe",
        b"LIST ()",
    ],
)
def test_one_odd_line_costs_one_mailbox_and_is_shown(odd: bytes) -> None:
    """Nothing is hidden: the line stands among the mailboxes, out of scope, with the reason."""
    found = listed('LIST (\\Sent) "/" Sent', odd, 'LIST () "/" Other')

    assert [mailbox.name for mailbox in found][:2] == ["Other", "Sent"]
    assert [(mailbox.in_scope, mailbox.reason) for mailbox in found[2:]] == [
        (False, "the server's line for it cannot be read")
    ]


@pytest.mark.parametrize("how", [b'"%s"', b"{%d}\r\n%s"])
def test_a_name_of_megabytes_is_an_odd_line(how: bytes) -> None:
    """A literal or a quoted string may be that long; it is shown shortened, never decoded or opened."""
    name = b"&AOQ-" * 500_000
    line = b'LIST (\\Sent) "/" ' + (how % name if how.count(b"%") == 1 else how % (len(name), name))

    found = listed('LIST (\\Sent) "/" Sent', line)

    assert [mailbox.name for mailbox in found if mailbox.in_scope] == ["Sent"]
    assert [(len(mailbox.wire_name), mailbox.reason) for mailbox in found[1:]] == [
        (500, "the server's line for it cannot be read")
    ]


def test_many_mailboxes_are_judged_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps grow with the number of mailboxes, not with its square."""
    decoded: list[bytes] = []

    def counted(name: bytes) -> str:
        decoded.append(name)
        return decode_name(name)

    monkeypatch.setattr(mailbox_module, "decode_name", counted)

    found = listed('LIST (\\Sent) "/" Out', *(f'LIST () "/" Projects/{number}/Plans' for number in range(500)))

    assert len(found) == 501
    assert len(decoded) < 5 * len(found)


@pytest.mark.parametrize("name", [b"Sent\r\nA1 DELETE Sent", b"Se\0nt", b"Sent\n"])
def test_a_name_that_no_command_can_carry_is_not_read(name: bytes) -> None:
    """It is shown, without its control characters."""
    found = listed('LIST (\\Sent) "/" Sent', b'LIST (\\Sent) "/" {%d}\r\n' % len(name) + name)

    odd = next(mailbox for mailbox in found if mailbox.wire_name == name)
    assert not odd.in_scope
    assert odd.name.isprintable()


def test_other_responses_in_between_are_passed_over() -> None:
    """STATUS of LIST-STATUS, flags of other sessions."""
    assert sent(
        'LIST () "." Sent', "STATUS Sent (MESSAGES 60)", "OK still here", "3 EXISTS", 'LSUB () "." Gesendet'
    ) == {"Sent"}


def test_without_a_sent_mailbox_the_setting_is_named() -> None:
    """What to do stands in the message."""
    with pytest.raises(NoSentMailboxError, match=r"no sent mailbox found.*mailboxes ="):
        listed('LIST () "/" INBOX', 'LIST () "/" Projects')
    with pytest.raises(NoSentMailboxError):
        listed()


def test_gmail_that_hides_its_sent_label_is_named() -> None:
    """A server that shows all mail only, and does not know what of it was sent: where to change it is said."""
    with pytest.raises(
        NoSentMailboxError, match=r'hides the sent mailbox.*All Mail.*in Gmail: Settings.*scope = "ours"'
    ):
        listed('LIST () "/" INBOX', 'LIST (\\All) "/" "[Gmail]/All Mail"')


# --- Gmail, namespaces, scope -------------------------------------------------

ALL_MAIL = 'LIST (\\All) "/" "[Gmail]/All Mail"'


def test_gmail_that_hides_its_sent_label_is_read_by_what_it_counts_as_sent() -> None:
    """All Mail stands for it, limited by Gmail's own search; with the sent mailbox in sight it is not read."""
    hidden = listed('LIST () "/" INBOX', ALL_MAIL, capability=b"X-GM-EXT-1")
    shown = listed('LIST (\\Sent) "/" "[Gmail]/Sent Mail"', ALL_MAIL, capability=b"X-GM-EXT-1")

    assert [(one.name, one.role, one.search) for one in hidden if one.in_scope] == [
        ("[Gmail]/All Mail", "sent", 'X-GM-RAW "in:sent"')
    ]
    assert "Gmail hides the sent mailbox" in reason_of("[Gmail]/All Mail", hidden)[1]
    assert [(one.name, one.search) for one in shown if one.in_scope] == [("[Gmail]/Sent Mail", "")]


def test_all_mail_that_is_excluded_stays_unread() -> None:
    """Not even its search is used: the settings win."""
    with pytest.raises(NoSentMailboxError):
        listed('LIST () "/" INBOX', ALL_MAIL, capability=b"X-GM-EXT-1", excluded=(("*All Mail", "doctor"),))


def test_with_scope_ours_every_mailbox_is_read() -> None:
    """Sent ones whole, of the others what is ours; excluded ones, levels of names and odd lines are not."""
    found = listed(
        'LIST (\\Sent) "/" Sent',
        'LIST () "/" INBOX',
        'LIST (\\Trash) "/" Trash',
        'LIST (\\Noselect) "/" Projects',
        'LIST () "/" Projects/North',
        'LIST () "/" Doctor',
        "LIST (odd",
        scope="ours",
        excluded=(("Doctor", "the doctor's"),),
    )

    assert {one.name: (one.role, one.only_ours) for one in found if one.in_scope} == {
        "Sent": ("sent", False),
        "INBOX": ("inbox", True),
        "Trash": ("trash", True),
        "Projects/North": ("other", True),
    }
    assert reason_of("INBOX", found)[1] == "the inbox; read for mail of ours"
    assert [one.name for one in found if one.is_excluded] == ["Doctor"]


def test_with_scope_ours_an_account_without_sent_mailbox_is_read() -> None:
    """Gmail's All Mail whole, without its search."""
    found = listed('LIST () "/" INBOX', ALL_MAIL, capability=b"X-GM-EXT-1", scope="ours")

    assert {one.name: one.search for one in found if one.in_scope} == {"INBOX": "", "[Gmail]/All Mail": ""}


def with_namespaces(namespaces: str, *lines: str, **changes: Any) -> list[FoundMailbox]:
    """Return what is found when a server has these namespaces and lists these mailboxes."""
    said = "".join(f"* {line}\r\n" for line in lines).encode()
    answers = {
        b"NAMESPACE": lambda asked: f"* NAMESPACE {namespaces}\r\n".encode() + asked.tag + b" OK done\r\n",
        b"LIST": lambda asked: (said if asked.arguments == b'"" "*"' else b"") + asked.tag + b" OK done\r\n",
    }
    with ScriptedServer({}, answers, capability=b"NAMESPACE") as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
        try:
            return list(find_mailboxes(client, account_at(server, **changes)))
        finally:
            client.drop()


def test_shared_mailboxes_and_those_of_others_are_read_and_named_as_such() -> None:
    """A team's sent mail lies there; whoever may read it must see it. Somebody who is called Sent is no mailbox."""
    found = with_namespaces(
        '(("" "/")) (("Other Users/" "/")) (("Public/" "/"))',
        'LIST (\\Sent) "/" Sent',
        'LIST () "/" "Other Users/ben/Sent"',
        'LIST () "/" "Other Users/sent"',
        'LIST () "/" "Other Users/sent/Plans"',
        'LIST () "/" "Public/press/Gesendet"',
    )

    assert {one.name: one.reason for one in found if one.in_scope} == {
        "Sent": "marked \\Sent by the server",
        "Other Users/ben/Sent": "its name means sent mail; among another user's mailboxes",
        "Public/press/Gesendet": "its name means sent mail; in a shared namespace",
    }


def test_a_prefix_of_the_own_namespace_says_nothing() -> None:
    """Courier and Cyrus put everything below INBOX, others below a folder whose name would mean sent mail."""
    found = with_namespaces(
        '(("Sent/" "/")) NIL NIL', 'LIST () "/" INBOX', 'LIST () "/" Sent/Plans', 'LIST () "/" Sent/Gesendet'
    )

    assert {one.name for one in found if one.in_scope} == {"Sent/Gesendet"}


# --- how the list is asked for ------------------------------------------------


def _asked(capability: bytes, answers: dict[bytes, bytes]) -> tuple[list[bytes], set[str]]:
    """Return the list commands sent, and the sent mailboxes found; `answers` by command line, else BAD."""

    def answer(command: Command) -> Answer:
        said = answers.get(command.name + b" " + command.arguments)
        return command.tag + b" BAD no\r\n" if said is None else said + command.tag + b" OK done\r\n"

    with ScriptedServer({}, {b"LIST": answer, b"XLIST": answer}, capability=capability) as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
        found = find_mailboxes(client, account_at(server))
        client.drop()
        commands = [command.name + b" " + command.arguments for command in server.commands]
    return commands[1:], {mailbox.name for mailbox in found if mailbox.in_scope}


PLAIN = b'LIST "" "*"'
EXTENDED = b'LIST "" "*" RETURN (SPECIAL-USE CHILDREN)'
MARKS_ONLY = b'LIST "" "*" RETURN (SPECIAL-USE)'
XLIST = b'XLIST "" "*"'
MARKED = b'* LIST (\\Sent) "/" Ausgang\r\n'
UNMARKED = b'* LIST () "/" Sent\r\n'


def test_special_uses_are_asked_for_where_they_are_known() -> None:
    """RFC 6154: plain LIST may leave them out. In whatever case the capability is written."""
    for capability in (b"SPECIAL-USE", b"special-use", b"IMAP4rev2"):
        assert _asked(capability, {EXTENDED: MARKED, PLAIN: UNMARKED}) == ([EXTENDED], {"Ausgang"})


def test_a_server_that_refuses_the_question_is_asked_plainly() -> None:
    """BAD to RETURN options, which are dropped one by one, NO to XLIST."""
    assert _asked(b"SPECIAL-USE", {PLAIN: UNMARKED}) == ([EXTENDED, MARKS_ONLY, PLAIN], {"Sent"})
    assert _asked(b"SPECIAL-USE", {MARKS_ONLY: MARKED}) == ([EXTENDED, MARKS_ONLY], {"Ausgang"})
    assert _asked(b"XLIST", {PLAIN: UNMARKED}) == ([XLIST, PLAIN], {"Sent"})
    assert _asked(b"", {PLAIN: UNMARKED}) == ([PLAIN], {"Sent"})


def test_an_empty_answer_to_xlist_is_followed_by_list() -> None:
    """Strato's server answers XLIST with OK and no mailbox at all."""
    assert _asked(b"XLIST", {XLIST: b"", PLAIN: UNMARKED}) == ([XLIST, PLAIN], {"Sent"})


def test_a_server_that_lists_nothing_is_no_empty_account() -> None:
    """Refused is not the same as empty."""
    with pytest.raises(ProtocolError, match="does not list"):
        _asked(b"XLIST", {})


# --- names --------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20))
def test_modified_utf7_is_undone(name: str) -> None:
    """RFC 3501, 5.1.3: what a server encodes reads as it was meant."""
    assert decode_name(encode_utf7(name)) == name


@given(st.binary(max_size=20))
def test_any_name_can_be_shown_and_stored(wire_name: bytes) -> None:
    """No bytes fail, and no database refuses the result: neither NUL nor half characters."""
    name = decode_name(wire_name)

    assert "\0" not in name
    assert name.encode("utf-8").decode("utf-8") == name


def test_modified_utf7_of_half_characters_is_shown_as_unknown() -> None:
    """&2AA- spells one half of a character, &AAA- NUL."""
    assert decode_name(b"a&2AA-b") == "a\ufffdb"
    assert decode_name(b"a&AAA-b") == "a\ufffdb"


# --- recorded servers ---------------------------------------------------------


def test_recorded_lists_are_read_as_stated(shared_data: Path) -> None:
    """Attributes, delimiter and names of every LIST answer among the shared cases."""
    cases = [json.loads(line) for line in (shared_data / "imap-cases.jsonl").read_text("utf-8").splitlines()]
    lists = [case for case in cases if case["kind"] == "LIST"]
    assert len(lists) == 20

    with ScriptedServer({}) as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
        for case in lists:
            wire = re.sub(rb"^A\d+ OK.*\r\n\Z", b"", case["wire"].encode("latin-1"), flags=re.MULTILINE)
            hear(client, (wire if wire.startswith(b"* ") or not wire else b"* LIST" + wire) + TAG + b" OK done\r\n")
            read = [entry for entry in map(read_list_answer, drain(client.responses(TAG))[0]) if entry is not None]

            for (attributes, delimiter, name), folder in zip(read, case["expect"]["folders"], strict=True):
                assert attributes == {attribute.lower() for attribute in folder["attrs"]}
                assert delimiter == folder["delim"]
                assert name == folder["name"].encode("latin-1")
                if "name_decoded" in folder:
                    assert decode_name(name) == folder["name_decoded"]
        client.drop()
