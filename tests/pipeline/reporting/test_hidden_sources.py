"""
Nobody is named where nobody may be: a store in which every text that somebody else wrote is marked.

Each source of text has a word of its own that begins with `zq`, so that a file
tells by itself from where a name came into it.
"""

import html
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from scanner.config import load_settings
from scanner.export import FORMATS, ONE_TABLE, Request
from scanner.export.authority.facts import gather
from scanner.export.words.moment import Clock
from scanner.model import Gap, IncidentKey
from scanner.pipeline.deciding.people_statement import merge_people, state_tier
from scanner.pipeline.deciding.review import Verdicted, decide
from scanner.pipeline.deciding.ruling import RulingWanted, rule, sign
from scanner.pipeline.deciding.tracking import note_people, note_viewers
from scanner.pipeline.keeping.handing_out import write_report
from scanner.pipeline.receiving.trace import import_trace
from scanner.pipeline.reporting.report import open_report
from scanner.pipeline.reporting.selected_report import SelectedReport
from tests.pipeline.conftest import AS_OF, Desk
from tests.shelf import START, guests, letter

NOW = AS_OF + 3600
SETTINGS = """
[mandate]
ordered_by = "Zqmandateby"
purpose = "Zqpurpose"
legal_basis = "Zqlegal"
consulted = "Zqconsulted"
[[account]]
name = "zqaccount"
host = "imap.corp.example"
user = "zqlogin@corp.example"
password_env = "PASSWORD"
label = "Zqaccountlabel"
[[protected]]
name = "Zqprotected"
addresses = ["zqprotaddr@corp.example"]
[[label]]
name = "Zqlabel"
subject = "*zqsubject*"
[[group]]
name = "Zqgroup”x“y"
members = ["guest1@guests.example", "zqgroupmember@guests.example"]
owner = "Zqowner"
reason = "Zqgroupreason"
[[list]]
address = "zqlist@lists.example"
members = "members.csv"
[review]
sign_off = true
"""
MEMBERS = "name,address\nZqmembername,zqmember@zqmemberhost.example\nZqdirectmember,guest3@guests.example\n"
CLIENTS = """address,id,name,postal_address,flags,safe_channel
guest1@guests.example,Zqid,Zqclient,"Zqstreet 7",zqflag,zqsafe
zqbccviewer@v.example,,Zqbccclient,,,
zqnowhere@v.example,,Zqnowhereclient,,,
"""
SUBJECT = "zqsubject HIV patients"
TO = [
    *guests(8),
    "Zqshown <zqshownlocal@zqshownhost.example>",
    "zqlist@lists.example",
    "zqgroupword: Zqgroupname <guest60@guests.example>;",
    "zqprotaddr@corp.example",
    '"Zqunread/Corp" <>',
]
SENDER = "Zqsender <zqsenderlocal@corp.example>"
EXTRA = (
    b"Reply-To: Zqreply <zqreplyto@corp.example>\r\nX-Mailer: Zqmailer\r\nList-Id: <zqlistid.corp.example>\r\n"
    b"Resent-From: <zqresent@corp.example>\r\nReferences: <zqreference@corp.example>\r\n"
)
MAIL = [
    letter(
        1, TO, cc=["Zqcolleague <boss@corp.example>", "/o=ZQORG/cn=zqdirectory"], bcc=["Zqbcc <zqbccviewer@v.example>"],
        subject=SUBJECT, sender=SENDER, message_id="<zqid@zqidhost.example>", extra=EXTRA,
    ),
    letter(2, guests(8), subject=f"Recall: {SUBJECT}", after=timedelta(hours=3),
           date="3 Mar 2025 12:00 +0000 (Zqdate)"),
    letter(3, ["office@corp.example"], bcc=[*guests(20, first=500), "Zqsibling <s@s.example>"], subject=SUBJECT,
           sender=SENDER, after=timedelta(hours=2)),
    letter(4, ["Zqother <zqotherlocal@o.example>", *guests(8, first=100)], subject="Zqother", after=timedelta(days=60)),
    letter(5, guests(1, first=400), bcc=guests(6, first=410), subject="Zqalsolook", after=timedelta(days=170)),
    letter(6, guests(1, first=300), sender="zqunscanned@corp.example", after=timedelta(days=300),
           extra=b"In-Reply-To: <zqmissing@corp.example>\r\n"),
]  # fmt: skip
TRACE = "\n".join(
    [
        "MessageId,Received,SenderAddress,RecipientAddress,Status,Subject",
        *(
            f"<zqid@zqidhost.example>,{START.isoformat()},zqsenderlocal@corp.example,{who},{word},{SUBJECT}"
            for who, word in [("zqtraceonly@t.example", "Delivered"), ("guest2@guests.example", "Zqword")]
        ),
        *(
            f"<zqunexplained@corp.example>,{START.isoformat()},zqtracer@corp.example,u{n}@t.example,Delivered,Zqtraced"
            for n in range(8)
        ),
    ]
)
PARTS = [
    ("1", "text/calendar", "ZQMETHOD", "zqdisposition", "Zqfile.pdf", 7),
    ("2", "application/zqtype", "", "attachment", "", 7),
]
NEAR = [
    *(
        "Zqmembername",
        "Zqdirectmember",
        "Zqclient",
        "Zqid",
        "Zqbccclient",
        "Zqnowhereclient",
        "Zqshown",
        "zqshownlocal",
    ),
    *("zqmember", "zqnowhere", "Zqgroupname", "Zqcolleague", "zqdirectory", "Zqbcc", "zqbccviewer", "Zqsender"),
    *("zqtraceonly", "zqprotaddr", "Zqreply", "Zqunread"),
]
"""Of the incident, the lists and the register: named wherever they stand."""

ASIDE = [
    *("Zqsibling", "Zqother", "zqotherlocal", "Zqmandateby", "Zqconsulted", "zqaccount", "zqlogin", "Zqowner"),
    *("zqgroupmember", "Zqdecider", "Zqsigner", "zqsenderlocal", "zqreplyto", "zqresent", "zqunscanned"),
]
"""Known by the way: named when they are written with a capital."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, made_file: Path) -> Iterator[Desk]:
    """Return a desk with two confirmed incidents, all their decisions signed, and everything noted that can be."""
    folder = tmp_path_factory.mktemp("office")
    for name, content in (("members.csv", MEMBERS), ("clients.csv", CLIENTS), ("zqtrace.csv", TRACE)):
        (folder / name).write_text(content, encoding="utf-8")
    made = Desk(folder, made_file)
    made.change(SETTINGS)
    # A key of no table stands before the tables.
    settings = (folder / "blindcopy.toml").read_text(encoding="utf-8")
    (folder / "blindcopy.toml").write_text(f'clients_csv = "clients.csv"\n{settings}', encoding="utf-8")
    made.settings = load_settings(folder / "blindcopy.toml")
    place = made.shelf.place("zqaccount", "Zqmailbox")
    gap = Gap("zqaccount", "message_unparsed", "Zqgapdetail", "Zqmailbox", 1, 77, b"zqraw")
    made.shelf.put(place, MAIL, gaps=(gap,))
    made.shelf.end()
    made.analyse()
    import_trace(made.settings, folder / "zqtrace.csv")
    with made.engine.begin() as connection:
        for statement in (
            "UPDATE crawl_run SET mandate = :mandate",
            "INSERT INTO crawl_account (run_id, account_id, state, server)"
            " SELECT 1, id, 'failed', 'Zqserver' FROM account",
            "INSERT INTO delivery_account (account_id, error) SELECT id, 'Zqerror' FROM account",
            "INSERT OR REPLACE INTO structure (message_id, parts, attachment_names, attachment_count)"
            " SELECT id, :parts, 'Zqfile.pdf', 1 FROM message",
            "UPDATE mailbox SET own_mail_note = 'Zqnote'",
        ):
            values = {"mandate": json.dumps(dict(made.settings.mandate_dict())), "parts": json.dumps(PARTS)}
            connection.execute(text(statement), {key: one for key, one in values.items() if f":{key}" in statement})
    made.analyse()
    for key in keys_of(made):
        decided(made, key)
    note_viewers(made.settings, keys_of(made)[0], ["guest1@guests.example"], "requested", by="Zqnoter", now=NOW)
    told = {"at": NOW, "how": "Zqhow"}
    note_people(made.settings, ["guest1@guests.example"], "notified", told, by="Zqnoter", now=NOW)
    note_people(made.settings, ["guest2@guests.example"], "channel", {"channel": "Zqchannel"}, by="Zqnoter", now=NOW)
    merge_people(made.settings, ["guest7@guests.example", "guest8@guests.example"], reason="Zqmerge", by="Zqmerger")
    state_tier(made.settings, "guest6@guests.example", "full", reason="Zqtier", by="Zqtierer")
    made.analyse()
    yield made
    made.engine.dispose()


def keys_of(desk: Desk) -> list[str]:
    """Return the keys of the incidents with many people, by subject."""
    with open_report(desk.settings) as report:
        found = sorted((one.subject, one.key) for one in report.incidents() if one.ladder.exposed_addresses > 5)
    return [key for subject, key in found if "zqsubject" in subject] + [
        key for subject, key in found if "Zqo" in subject
    ]


def decided(desk: Desk, key: str) -> None:
    """Confirm an incident and rule on it, each time in somebody's own words."""
    verdict = Verdicted("confirm", "Zqreason", decided_by="Zqdecider", aware_source="Zqaware", aware_at=NOW - 9)
    decide(desk.settings, key, verdict, now=NOW)
    sign(desk.settings, key, signer="Zqsigner", now=NOW)
    kinds: tuple[tuple[Any, str], ...] = (
        ("breach", "yes"), ("authority", "yes"), ("people", "no"), ("effects", ""), ("measures", ""),
    )  # fmt: skip
    for kind, answer in kinds:
        reference = "Zqreference" if kind == "authority" else ""
        wanted = RulingWanted(kind, answer, f"Zq{kind} and Zqmembername", "Zqdecider", reference=reference)
        rule(desk.settings, key, wanted, now=NOW)
    sign(desk.settings, key, signer="Zqsigner", now=NOW)


def marked(*paths: Path) -> set[str]:
    """Return the words of sources that stand anywhere in files, their parts, properties and comments."""
    texts: list[str] = []
    for path in paths:
        data = path.read_bytes()
        if path.suffix == ".parquet":
            # What is packed in it is read; the schema beside it may spell such a word by chance.
            import pyarrow.parquet

            texts.append(str(pyarrow.parquet.read_table(path).to_pylist()))
        elif zipfile.is_zipfile(io.BytesIO(data)):
            with zipfile.ZipFile(path) as archive:
                texts += [f"{archive.comment!r} {archive.namelist()}"]
                texts += [archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
        else:
            texts.append(data.decode("utf-8", "replace"))
    return {word for one in texts for word in re.findall("zq[a-z]+", html.unescape(one).lower())}


def test_the_words_of_all_these_sources_stand_in_a_report_with_names(office: Desk, tmp_path: Path) -> None:
    """Otherwise the tests below would prove nothing."""
    done = [write_report(office.settings, tmp_path / name, now=NOW).path for name in ("all.json", "all.xlsx")]

    assert marked(*done) >= {
        "zqaccount", "zqaccountlabel", "zqalsolook", "zqauthority", "zqaware", "zqbccviewer", "zqbreach", "zqchannel",
        "zqclient", "zqconsulted", "zqdate", "zqdecider", "zqdirectory", "zqdisposition", "zqeffects", "zqerror",
        "zqfile", "zqflag", "zqgapdetail", "zqgroupname", "zqhow", "zqid", "zqidhost", "zqlabel", "zqlegal", "zqlist",
        "zqmailbox", "zqmandateby", "zqmeasures", "zqmember", "zqmemberhost", "zqmembername", "zqmerge", "zqmerger",
        "zqmissing", "zqnoter", "zqother", "zqpeople", "zqprotaddr", "zqprotected", "zqpurpose", "zqreason",
        "zqreference", "zqresent", "zqsafe", "zqsenderlocal", "zqserver", "zqshown", "zqshownhost", "zqsigner",
        "zqstreet", "zqsubject", "zqtier", "zqtierer", "zqtrace", "zqtraced", "zqtraceonly", "zqtracer", "zqtype",
        "zqunscanned", "zqword",
    }  # fmt: skip


@pytest.mark.parametrize(("audience", "suffix"), sorted(set(FORMATS) - {("investigator", ".zip")}))
def test_a_pseudonymised_file_holds_none_of_them(office: Desk, audience: Any, suffix: str, tmp_path: Path) -> None:
    """Nor does its manifest."""
    what = "viewers" if suffix in ONE_TABLE else "" if audience == "internal" else ",".join(keys_of(office))

    request = Request(audience, what=what)
    done = write_report(office.settings, tmp_path / f"file{suffix}", request, pseudonymise=True, now=NOW)

    assert marked(done.path, done.manifest) == set()


def test_pseudonymised_tables_hold_none_of_them(office: Desk, tmp_path: Path) -> None:
    """All of them, as a folder."""
    done = write_report(office.settings, tmp_path / "tables", pseudonymise=True, now=NOW)

    assert marked(*done.path.iterdir()) == set()


@pytest.mark.parametrize("suffix", [".docx", ".txt", ".xlsx"])
@pytest.mark.parametrize("form", ["ico", "de"])
def test_the_authoritys_form_holds_none_of_them(office: Desk, suffix: str, form: str, tmp_path: Path) -> None:
    """What persons wrote names somebody here each time."""
    done = write_report(office.settings, tmp_path / f"form{suffix}", Request("authority", form=form), now=NOW)

    assert marked(done.path, done.manifest) <= {"zqaware"}


def test_the_authoritys_form_knows_each_of_them_by_name(office: Desk) -> None:
    """Of the incident, the lists and the register in any spelling; of the others with a capital."""
    with open_report(office.settings) as whole:
        report = SelectedReport(whole, frozenset(map(IncidentKey, keys_of(office)[:1])))
        named = gather(report, Clock("UTC"), "").named

        unknown = [word for word in NEAR if not named.is_in(f"we told {word.lower()} of it")]
        unknown += [word for word in ASIDE if not named.is_in(f"{word.capitalize()} was told of it")]

    assert unknown == []
    assert not named.is_in("Everybody was told of it, and all copies were deleted")
