"""Every mail that is evidence has its header in the archive, whatever made it evidence, and whenever that was said."""

import subprocess
import sys
import zipfile
from collections.abc import Sequence

from tests.crawl.source.mail import letter as text_of
from tests.crawl.source.mail import write
from tests.journey.mail import letter
from tests.journey.place import Place
from tests.servers.dovecot import Dovecot, ServerAccount

WARD = [f"w{number}@corp.example" for number in range(7)]
PEOPLE = [f"p{number}@people.example" for number in range(7)]


def protect(**pattern: str) -> list[str]:
    """Return the lines of settings that protect a group."""
    return ["[[protected]]", 'name = "ward"', *(f'{key} = "{glob}"' for key, glob in pattern.items())]


def recounted(place: Place, name: str, *, remark: str = "") -> tuple[int, str]:
    """Write the archive and run the program in it; return its exit code and what it said."""
    ended = place.run("report", name, "--for", "investigator")
    assert (ended.code, remark in ended.remarks) == (0, True), ended.remarks
    assert bool(remark) == ("not kept" in ended.remarks)
    path = place.folder / name
    with zipfile.ZipFile(path) as archive:
        program = archive.extract("recount.py", place.folder)
    done = subprocess.run([sys.executable, "-I", "-S", program, str(path)], capture_output=True, text=True)
    assert done.stderr == ""
    return done.returncode, done.stdout


def maildir(place: Place, account: str, people: Sequence[str], *, extra: str = "") -> None:
    """Name an account whose one sent mail is in a Maildir."""
    folder = place.folder / account
    write(folder / ".Sent" / "cur" / "1741000001.M1P1.host:2,S", text_of(1, people, extra=extra))
    for name in ("cur", "new", ".Sent/new"):
        (folder / name).mkdir()
    place.accounts.append({"name": account, "source": account})


def test_mail_of_a_protected_mailbox_is_evidence_whenever_that_was_said(
    place: Place, dovecot_server: Dovecot, account: ServerAccount
) -> None:
    """No address tells it. What was stored before is fetched by the next scan; until then it is told."""
    dovecot_server.deliver(account, "Sent", [letter(1, WARD), letter(2, PEOPLE)])
    place.add(account, port=dovecot_server.port)
    place.scan()
    place.more = protect(mailbox="Sent")
    place.run("analyse")
    code, text = recounted(place, "before.zip", remark="1 header of its messages is not kept")
    assert (code, "1 headers short" in text.splitlines()[0]) == (1, True)
    dovecot_server.deliver(account, "Sent", [letter(3, WARD), letter(4, WARD[:1])])

    place.scan()

    code, text = recounted(place, "after.zip")
    assert (code, text.splitlines()[1:]) == (0, [])
    assert place.report()["totals"]["ladder"]["messages"] == 3


def test_a_copy_of_a_protected_mail_is_evidence_wherever_it_lies(place: Place) -> None:
    """Read before or after the protected one: its own Bcc is in the figures."""
    maildir(place, "alpha", WARD, extra="Bcc: first@corp.example\n")
    maildir(place, "middle", WARD)
    maildir(place, "omega", WARD, extra="Bcc: last@corp.example\n")
    place.more = protect(account="middle")
    place.scan()
    place.scan()

    code, text = recounted(place, "evidence.zip")

    assert (code, text.splitlines()[1:]) == (0, [])
    assert place.report()["totals"]["ladder"]["bcc_viewers"] == 2
