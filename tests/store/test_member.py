"""Who stands in the mail of the queue is read in one pass, from both databases alike."""

from scanner.addresses import make_classifier
from scanner.analyse import analyse
from scanner.store.member import people_of_queue
from scanner.store.result_writer import save_analysis
from scanner.store.results import latest_analysis
from scanner.store.source import StoreSource
from tests.policies import CORP, class_all
from tests.shelf import Shelf, guests, letter

SHOWN = [*guests(5), "Guest Number1 <guest1@guests.example>", "Zoë Söl <zoe@quay.example>", "Ada Sol/Corp"]
QUEUED = letter(1, SHOWN, subject="Diabetes group", sender="Office <office@corp.example>")
SIBLING = letter(
    2, ["office@corp.example"], bcc=[*guests(4), "Ben <ben@quay.example>"], subject="Diabetes group",
    sender="Office <office@corp.example>",
)  # fmt: skip
BELOW = letter(3, guests(2, first=40), subject="Two of them")


def test_everybody_in_the_mail_of_the_queue_is_told_once(shelf: Shelf) -> None:
    """Shown, in Bcc, as sender, in a sibling, or as a text that is no address; nobody below the floor."""
    shelf.put(shelf.place(), [QUEUED, SIBLING, BELOW])
    number = class_all(shelf.engine, CORP)
    found = analyse(StoreSource(shelf.engine, number), CORP, make_classifier(CORP), as_of=1_750_000_000)
    with shelf.engine.begin() as connection:
        save_analysis(connection, found, policy_id=number, ended_at=1_750_000_009, tool_version="0", totals={})

    with shelf.engine.connect() as connection:
        run = latest_analysis(connection)
        assert run is not None
        people = list(people_of_queue(connection, run.id))

    assert len(people) == len(set(people))
    assert set(people) == {
        *((f"guest{number}@guests.example", f"Guest Number{number}") for number in range(1, 6)),
        ("zoe@quay.example", "Zoë Söl"),
        ("ben@quay.example", "Ben"),
        ("office@corp.example", "Office"),
        ("office@corp.example", ""),
        (None, "Ada Sol/Corp"),
    }
