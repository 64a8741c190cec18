"""Inside, outside, list or nobody: what every form of address becomes in a report, and by which rule."""

from scanner.config import load_settings
from tests.pipeline.conftest import Desk
from tests.shelf import guests, letter

SETTINGS = """
[organisation]
name = "Corp"
domains = ["corp.example", "corp.onmicrosoft.com"]
sister_domains = ["sister.example"]
addresses = ["ourclub@gmail.com"]
[[account]]
name = "office"
host = "imap.corp.example"
user = "office@corp.example"
password_env = "PASSWORD"
[[protected]]
name = "pupils"
domain = "pupils.corp.example"
[[list]]
address = "parents@lists.example"
members = "members.csv"
"""
FORMS = {
    "boss@corp.example": (True, "inside", "domain corp.example"),
    "desk@mail.corp.example": (True, "inside", "domain corp.example"),
    "admin@corp.onmicrosoft.com": (True, "inside", "domain corp.onmicrosoft.com"),
    "ada@b.sister.example": (True, "inside", "sister domain sister.example"),
    "ourclub@gmail.com": (True, "inside", "own address"),
    "imceaex-_o=corp_ou=one_cn=bob@eurprd01.prod.outlook.com": (True, "inside", "Exchange's internal form"),
    "/o=corp/ou=one/cn=recipients/cn=cyd": (True, "inside", "Exchange's internal form"),
    "kim@pupils.corp.example": (False, "inside", "protected pupils"),
    "parents@lists.example": (False, "list", "list address"),
    "dan@gmail.com": (False, "outside", "consumer provider"),
    "eve@other.onmicrosoft.com": (False, "outside", "no own domain"),
    "info@shop.example.co.uk": (False, "outside", "no own domain"),
    "fay@notcorp.example": (False, "outside", "no own domain"),
}
NOBODY = [
    "aaron@MISSING_DOMAIN",
    "bert@SYNTAX_ERROR",
    "carl@.MISSING-HOST-NAME.",
    "dora@unspecified-domain",
    "Team North",
    "Emil Berg/Corp",
]


def test_every_form_of_address_says_what_it_is_and_why(desk: Desk) -> None:
    """Placeholders and bare names are in no figure but `unresolved`; an empty group is nobody at all."""
    (desk.folder / "members.csv").write_text("address\nmum@home.example\n", encoding="utf-8")
    (desk.folder / "blindcopy.toml").write_text(SETTINGS, encoding="utf-8")
    desk.settings = load_settings(desk.folder / "blindcopy.toml")
    to = [*FORMS, *(f'"{text}"' if "@" not in text else text for text in NOBODY), "undisclosed-recipients:;"]
    desk.shelf.put(desk.shelf.place(), [letter(1, to)])
    desk.analyse()

    (incident,) = desk.json()["incidents"]

    told = {one["address"]: (one["inside"], one["class"], one["rule"]) for one in incident["viewers"]}
    outside = {address for address, told in FORMS.items() if not told[0]}
    assert told == FORMS
    assert {one["address"]: one["class"] for one in incident["exposed"]} == {key: FORMS[key][1] for key in outside}
    assert [one["address"] for one in incident["viewers"] if one["sister"]] == ["ada@b.sister.example"]
    assert incident["ladder"]["unresolved"] == len(NOBODY)
    assert incident["ladder"]["exposed_addresses"] == len(outside)
    assert (incident["ladder"]["role"], incident["ladder"]["list"]) == (1, 1)


def test_mail_to_undisclosed_recipients_shows_nobody(desk: Desk) -> None:
    """What a client writes in place of a hidden list is no entry, and no list that could not be read."""
    desk.shelf.put(desk.shelf.place(), [letter(1, ["undisclosed-recipients:;"], bcc=guests(9))])
    desk.analyse()

    report = desk.json()

    assert report["incidents"] == []
    assert report["totals"]["unresolved"] == 0
