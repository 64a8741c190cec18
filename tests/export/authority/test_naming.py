"""Sentences that name somebody are told from those that only use the same words."""

import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scanner.addresses.role import is_role
from scanner.export.authority.naming import Named, says_what
from scanner.export.words.spelling import listed, parts
from scanner.model import Client, Incident, KnownPerson, ListMember, Receipt, StoredRecipient, ThroughList
from tests.export import sample

NAMES = ("Zoë Wunderling", "Will Smith", "May Hope", "Mark Bill", "Jürgen Müllerski", "", "李雷")
ADDRESSES = (
    "zw84@post-kasten.example", "w@quay.example", "may.hope@quay.example", "mark@rare-clinic.example",
    "jm@moor.example", "rcp3.quillfeather@quay.example", "lilei@quay.example",
)  # fmt: skip


def incident() -> Incident:
    """Return one that shows people whose names are words, too, and that a list's member could see."""
    shown = sample.message(1, ADDRESSES, names=NAMES)
    made = sample.incident(1, [shown])
    client = Client("K-1001", "Nathalie Grabowskaya", "", (), "")
    first, *others = made.exposed
    through = ThroughList(
        sample.key("all@quay.example"),
        "2026-01-01",
        (
            ListMember(sample.key("zora.einser@heim-lerche.example"), False),
            ListMember(sample.key("m2@heim-lerche.example"), False, ("Quirin Nachtigall-Voss",)),
        ),
    )
    return replace(made, exposed=(replace(first, clients=(client,)), *others), through_lists=(through,))


@pytest.fixture(scope="module")
def named() -> Named:
    """Return everybody known of the incident."""
    found = Named()
    found.add(incident())
    return found


@pytest.mark.parametrize(
    "text",
    [
        "Wrote to Zoë",
        "wrote to zoe and others",
        "rang Wunderlings office",
        "Wrote to rcp3.quillfeather",
        "asked quillfeather to delete it",
        "asked rcp3",
        "Heim Lerche und Zora Einser angerufen",
        "die Lerche, Zora, wurde angerufen",
        "quirin was told",
        "Frau Nachtigall-Voss",
        "Frau M\u00fcllerski",
        "Frau Mu\u0308llerski",
        "Frau Wunder\u00adling",
        "Frau W\u200bunderling",
        "Z\u0308oe, Ｗｕｎｄｅｒｌｉｎｇ",
        "told Will to delete it",
        "told will smith",
        "We met May yesterday",
        "Smith, Will",
        "We rang Mr. Bill",
        "Juergen Muellerski called",
        "JÜRGEN MÜLLERSKI",
        "client Grabowskaya",
        "client K-1001",
        "the rare clinic answered",
        "see somebody@else.example",
        "Bea was told",
        "我们给李雷打了电话",
    ],
)
def test_who_is_named_is_seen(named: Named, text: str) -> None:
    """Full names, parts of names and of addresses, members of lists, clients, hosts of several words."""
    assert named.is_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "People may get unwanted mail; we will watch",
        "We hope that recipients delete it. Will watch further.",
        "A mark was set against the bill",
        "The recipients were asked to delete the message",
        "Die Empfänger wurden gebeten, die Nachricht zu löschen; wir werden die Schulung wiederholen",
        "All staff will be trained in 2026",
        "a rare event",
        "",
    ],
)
def test_words_of_the_language_name_nobody(named: Named, text: str) -> None:
    """Will, May, Hope, Mark and Bill are people here."""
    assert not named.is_in(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", 0),
        ("All were told", 0),
        ("Wunderling was told", 1),
        ("We told (Zoë) and Quirin", 3),
        ("we told  will\nsmith of it", 3),
        ("We met May yesterday", 3),
        ("Mail went to a@b.example and to Zoë", 4),
        ("我们给李雷打了电话", 1),
        ("the rare clinic answered", 2),
        ("Weiß weiß weiß weiß a@b.example y z", 5),
    ],
)
def test_the_first_word_that_names_somebody_is_told_by_its_place(named: Named, text: str, place: int) -> None:
    """Whoever wrote it finds it again, and no log tells the name."""
    assert named.place_in(text) == place


LETTERS = "abcdefghijklmnopqrstuvwxyzäöüßéèøåæłńśžčçñóúíáêëőűðþşığřěůжилоевванσοφία"
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper": str.upper,
    "title": str.title,
    "apart": lambda name: unicodedata.normalize("NFD", name),
    "soft": lambda name: f"{name[0]}\u00ad{name[1:]}",
    "quoted": lambda name: f"»{name}«",
    "genitive": lambda name: f"{name}s",
    "joined": lambda name: f"alt-{name}/{name}",
}
WORDS = st.lists(st.text(LETTERS, min_size=4, max_size=9), min_size=1, max_size=3)


@settings(max_examples=100)
@given(words=WORDS, spelling=st.sampled_from(sorted(SPELLINGS)), part=st.integers(0, 2))
def test_whoever_is_on_a_list_is_seen_by_any_part_of_the_name(words: list[str], spelling: str, part: int) -> None:
    """Whatever its letters are and however it is written; words of the language are another matter."""
    word = words[part % len(words)]
    assume(not {*parts(word)} & (listed("never") | listed("also")) and not is_role(word))

    found = Named(lambda: [KnownPerson((" ".join(words),))])

    assert found.is_in(f"we have told {SPELLINGS[spelling](word)} of it")


def test_who_could_see_is_nobody_to_name_either() -> None:
    """In Bcc, or as sender: the names of all who stand in the message count."""
    shown = sample.message(1, ADDRESSES[:2])
    hidden = StoredRecipient("bcc", sample.key("x1@quay.example"), "x1@quay.example", "Ottilie Brackwasser")
    message = replace(shown.message, recipients=(*shown.message.recipients, hidden))
    found = Named()

    found.add(sample.incident(1, [replace(shown, message=message)]))

    assert found.is_in("Ottilie has deleted it")
    assert not Named().is_in("Ottilie has deleted it")


def test_names_without_an_address_and_recipients_of_a_trace_count() -> None:
    """What was no address is often a directory's name; a trace names whom the stored copy does not."""
    shown = sample.message(1, ADDRESSES[:2])
    unread = StoredRecipient("to", None, "Ottilie Brackwasser/Corp", "")
    key = sample.key("irmhild@quay.example")
    receipt = Receipt(key, "delivered", None, "", "trace", "trace.csv")
    message = replace(shown.message, recipients=(*shown.message.recipients, unread), receipts=(receipt,))
    found = Named()

    found.add(sample.incident(1, [replace(shown, message=message)]))

    assert found.is_in("Mrs Brackwasser has deleted it")
    assert found.is_in("told irmhild")


@pytest.mark.parametrize(
    ("text", "is_aside", "is_named"),
    [
        ("Verwandte von Xaver Quellgrund", False, True),
        ("quellgrund has called", False, True),
        ("client Z-77 has called", False, True),
        ("a letter to Lindenring 9", False, True),
        ("a walk along the Lindenring", False, False),
        ("Quellgrund has called", True, True),
        ("xaver quellgrund has called", True, True),
        ("the quellgrund has dried up", True, False),
        ("told Xavers office", True, True),
        ("All staff were told", True, False),
    ],
)
def test_whom_no_incident_shows_is_known_too(text: str, is_aside: bool, is_named: bool) -> None:
    """Of the register and the lists, every word counts; of those known by the way, words with a capital do."""
    known = KnownPerson(
        ("Xaver Quellgrund",), sample.key("xq@quay.example"), id="Z-77", postal_address="Lindenring 9\nBerlin",
        is_aside=is_aside,
    )  # fmt: skip

    assert Named(lambda: [known]).is_in(text) is is_named


def test_a_department_called_as_the_organisation_is_names_nobody() -> None:
    """The organisation's name stands above the form; a client who is called so is a client all the same."""
    key = sample.key("counselling@corp.example")
    account = KnownPerson(("counselling", "Harbour Counselling"), key, inside=True, is_aside=True)
    client = KnownPerson(("Ada Harbour",))

    found = Named(lambda: [account, client], "Harbour Counselling")

    assert not found.is_in("Counselling staff were trained")
    assert not Named(lambda: [account], "Harbour Counselling").is_in("Harbour Counselling has apologised")
    assert found.is_in("the Harbour family was told")
    assert Named(lambda: [account]).is_in("Counselling staff were trained")


def test_who_sends_in_the_organisations_name_is_known_by_the_rest_of_it() -> None:
    """What is printed above the form cannot be kept from it."""
    shown = sample.message(1, ADDRESSES[:2], names=("Ada Harbour", ""))
    sender = StoredRecipient("from", sample.key("c1@corp.example"), "c1@corp.example", "Lenka, Harbour Counselling")
    colleague = StoredRecipient(
        "cc", sample.key("boss@corp.example"), "boss@corp.example", "Harbour Counselling, Board"
    )
    message = replace(shown.message, recipients=(*shown.message.recipients, sender, colleague))
    found = Named(organisation="Harbour Counselling")

    found.add(sample.incident(1, [replace(shown, message=message)]))

    assert not found.is_in("Counselling staff were trained")
    assert found.is_in("told lenka")
    assert found.is_in("the harbour family was told")


def test_others_are_asked_for_once_and_only_for_a_sentence() -> None:
    """A register may have a hundred thousand clients, and most incidents no sentence."""
    asked: list[str] = []

    def others() -> list[KnownPerson]:
        asked.append("asked")
        return [KnownPerson(("Xaver Quellgrund",))]

    found = Named(others)
    found.add(incident())

    assert (found.is_in(""), asked) == (False, [])
    assert (found.is_in("xaver"), found.is_in("quellgrund"), asked) == (True, True, ["asked"])


def test_an_office_is_nobody() -> None:
    """What a department is called stands in many a sentence."""
    shown = sample.message(1, ["help@quay.example", "b@quay.example"], names=["Help Desk, Bookings", "Sales Team"])
    found = Named()

    found.add(sample.incident(1, [shown]))

    assert not found.is_in("The help desk told sales, the bookings office and all teams")


@pytest.mark.parametrize(
    ("label", "is_told"),
    [("health", True), ("HIV patients", True), ("Patienten", True), ("Patienten von Knut", False), ("Knut", False)],
)
def test_a_label_is_told_when_it_says_only_what_is_sensitive(label: str, is_told: bool) -> None:
    """Whose patients they are stands in no list of recipients."""
    assert says_what(label) is is_told
