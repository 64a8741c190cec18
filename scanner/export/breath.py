"""The first screen of every report: what happened, in one breath. Text only, for whatever shows it."""

from scanner.export.text import visible
from scanner.export.wording import wording
from scanner.model import ReportHead


def report_title(head: ReportHead) -> str:
    """Return the title of the file, with the organisation's name where it is known."""
    words = wording()["file"]
    text: str = (
        words["title_of"].format(organisation=visible(head.organisation)) if head.organisation else words["title"]
    )
    return text
