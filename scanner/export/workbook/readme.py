"""The first sheet: the answer in one breath, then the figures, what was not seen, and what every word means."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from openpyxl.workbook import Workbook

from scanner.columns import ladder, sheets
from scanner.export.tables.rows import ladder_values
from scanner.export.words.breath import breath, coverage_share, report_title
from scanner.export.words.moment import Clock
from scanner.export.words.text import visible
from scanner.export.words.wording import figure, full_moment, long_day, styles, wording
from scanner.export.workbook.look import Worksheet, filled, lines_needed, rows_of, set_height, set_page, styled
from scanner.model import OwnMailElsewhere, Report, is_dated

_BOLD = 0.85
"""Part of a column's width that plain letters fill when bold ones fill all of it, by the widest of the usual fonts."""


class ReadMe:
    """The sheet, written from top to bottom: three columns (what, how much, what it means), no merged cells."""

    def __init__(self, book: Workbook, report: Report, clock: Clock) -> None:
        self._report = report
        self._clock = clock
        self._sheet: Worksheet = book.create_sheet(wording()["sheets"]["read_me"])
        self._title = report_title(report.head)
        self._rows = 0
        look = styles()["readme"]
        for letter, width in zip("ABC", look["widths"], strict=True):
            self._sheet.column_dimensions[letter].width = width
        self._sheet.sheet_view.showGridLines = False
        set_page(self._sheet, title=f"{self._title} · {wording()['sheets']['read_me']}")

    def write(self, gaps: int, also_look: int) -> None:
        """
        Write everything and finish the sheet.

        Args:
            gaps: How many rows the sheet Gaps has.

            also_look: How many the sheet Also look at has.
        """
        self._line(self._title, "title")
        for style, text in breath(self._report, self._clock):
            self._line("")
            self._line(text, style)
        self._write_lead()
        self._write_figures(also_look)
        self._write_coverage(gaps)
        self._write_limits()
        self._write_sheets()
        self._write_about()
        self._write_columns()
        self._sheet.close()

    # --- sections ----------------------------------------------------------------

    def _write_lead(self) -> None:
        words = wording()["lead"]
        statuses = self._report.totals.by_status
        self._line("")
        counts = [f"{figure(statuses.get(name, 0))} {text}" for name, text in words["statuses"].items()]
        self._row(words["status"], None, ", ".join(counts))
        self._row("", None, words["candidate"])
        mandate = {key: value for key, value in self._report.head.mandate.items() if value}
        if not mandate:
            self._row(words["mandate"], None, words["mandate_missing"], style="warning")
            return
        named = words["mandate_keys"]
        parts = [f"{named.get(key, key)}: {visible(mandate[key])}" for key in sorted(mandate, key=_place(list(named)))]
        self._row(words["mandate"], None, " · ".join(parts))

    def _write_figures(self, also_look: int) -> None:
        words = wording()["figures"]
        totals = self._report.totals
        head = self._report.head
        self._section(words["heading"])
        # In the wide column, where a sentence wraps within its cell.
        self._row("", None, words["intro"], style="note")
        values = ladder_values(totals.ladder)
        for rung in ladder():
            is_open = rung.name == "people_upper" and totals.ladder.at_least
            meaning = f"{words['at_least']} {rung.meaning}" if is_open else rung.meaning
            self._row(rung.header, self._figure(values[rung.name]), meaning)
        below = words["below_floor_text"].format(
            messages=figure(totals.below_floor_messages),
            addresses=figure(totals.below_floor_addresses),
            floor=head.queue_floor,
            score=words["below_floor_score"].format(score=head.queue_score) if head.queue_score > 0 else "",
        )
        self._row(words["below_floor"], totals.below_floor_messages, below)
        self._row(words["also_look"], also_look, words["also_look_text"])

    def _write_coverage(self, gaps: int) -> None:
        words = wording()["coverage"]
        totals = self._report.totals
        self._section(words["heading"])
        unreached = ", ".join(map(visible, totals.accounts_unreached))
        meaning = f"{unreached}. {words['unreached_meaning']}" if unreached else wording()["none"]
        self._row(words["unreached"], len(totals.accounts_unreached), meaning, style="warning" if unreached else "text")
        share = coverage_share(totals)
        shown = f"{share['percent']} %" if share["percent"] else wording()["unknown"]
        self._row(words["share"], shown, f"{share['stored']} / {share['enumerated']}. {words['share_meaning']}")
        if totals.oldest_mail is not None and totals.newest_mail is not None and is_dated(totals.oldest_mail):
            days = {
                "oldest": long_day(self._clock, totals.oldest_mail),
                "newest": long_day(self._clock, totals.newest_mail),
            }
            self._row(words["span"], None, f"{words['span_text'].format(**days)}. {words['span_meaning']}")
        own = OwnMailElsewhere.of(self._report.coverage())
        if own.messages or own.uncounted:
            told = [words["own_mail_meaning"].format(mailboxes=own.mailboxes)] if own.messages else []
            told += [words["own_mail_uncounted"].format(uncounted=own.uncounted)] if own.uncounted else []
            self._row(words["own_mail"], own.messages, " ".join(told))
        self._row(words["gaps"], gaps, words["gaps_meaning"])

    def _write_limits(self) -> None:
        words = wording()["limits"]
        self._section(words["heading"])
        for text in words["lines"]:
            self._row("", None, text)

    def _write_sheets(self) -> None:
        self._section(wording()["sheets"]["heading"])
        for table in sheets().values():
            self._row(table.title, None, table.about)

    def _write_about(self) -> None:
        words = wording()["about"]
        head = self._report.head
        self._section(words["heading"])
        state = full_moment(self._clock, head.decided_until)
        self._row(words["state"], None, words["state_meaning"].format(moment=state))
        self._row(words["generated"], None, full_moment(self._clock, head.generated_at))
        self._row(words["as_of"], None, full_moment(self._clock, head.as_of))
        self._row(words["tool"], head.tool_version, "")
        self._row(words["parser"], head.parser_version, "")
        self._row(words["policy"], None, head.policy_sha256)
        self._row(words["floor"], head.queue_floor, words["floor_meaning"])
        self._row(words["score"], head.queue_score, words["score_meaning"])
        self._row(words["zone"], head.time_zone, words["zone_meaning"])
        self._row(words["texts"], None, words["texts_meaning"])
        long_texts = wording()["long_texts"]
        mark = long_texts["mark"].format(number=1)
        self._row("", None, words["long_texts"].format(mark=mark, sheet=long_texts["title"]))

    def _write_columns(self) -> None:
        words = wording()["columns"]
        self._section(words["heading"])
        self._cells([words["column"], words["sheet"], words["meaning"]], ["heading"] * 3)
        explained: set[str] = {rung.name for rung in ladder()}
        for table in sheets().values():
            for column in table.columns:
                if column.name not in explained:
                    explained.add(column.name)
                    self._row(column.header, table.title, f"{column.meaning} ({column.source})", role="text")

    # --- rows --------------------------------------------------------------------

    def _figure(self, value: Any) -> Any:
        if value is None:
            return wording()["unknown"]
        return (wording()["no"], wording()["yes"])[value] if isinstance(value, bool) else value

    def _line(self, text: str, style: str = "text") -> None:
        # Not wrapped: a line runs over the empty cells beside it, and no cells need merging.
        look = styles()
        room = look["readme"]["line"] * look["size"] // look["role"][style].get("size", look["size"])
        for line in wrap(text, room) or [""]:
            self._cells([line, None, None], [style] * 3)

    def _section(self, text: str) -> None:
        self._line("")
        self._cells([text, None, None], ["section"] * 3)

    def _row(self, name: str, value: Any, meaning: str, style: str = "text", role: str = "figure") -> None:
        self._cells([name, value, meaning], ["bold", role, style], wrapped=True)

    def _cells(self, values: Sequence[Any], roles: Sequence[str], *, wrapped: bool = False) -> None:
        for some in rows_of(values, styles()["readme"]["widths"]) if wrapped else [values]:
            self._one_row(some, roles, wrapped=wrapped)

    def _one_row(self, values: Sequence[Any], roles: Sequence[str], *, wrapped: bool) -> None:
        row: list[Any] = []
        lines = 1
        for value, role, width in zip(values, roles, styles()["readme"]["widths"], strict=True):
            if isinstance(value, str):
                quoted = value[:1] in tuple("=+-@")
                row.append(filled(styled(self._sheet, role, wrap=wrapped, quoted=quoted), value))
                # Bold letters are wider than those that are measured.
                room = width * _BOLD if role == "bold" else width
                lines = max(lines, lines_needed(value, room) if wrapped else 1)
            else:
                number: Any = styled(self._sheet, role)
                number.value = value
                row.append(number)
        self._rows += 1
        set_height(self._sheet, self._rows, lines)
        self._sheet.append(row)


def _place(order: list[str]) -> Any:
    return lambda key: (order.index(key) if key in order else len(order), key)
