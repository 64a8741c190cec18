"""The one chart of the workbook; its figures are the cells beside it."""

from openpyxl.chart import BarChart, Reference

from scanner.columns import sheet
from scanner.export.words.wording import styles, wording
from scanner.export.workbook.book import described
from scanner.export.workbook.look import Worksheet


def add_timeline(page: Worksheet, last: int) -> None:
    """
    Put the people exposed, by month or year, beside their figures.

    Args:
        page: The write-only sheet of the table `timeline`.

        last: Its last row; 1 = there is nothing to show.
    """
    if last < 2:
        return
    look = styles()["chart"]
    names = [column.name for column in sheet("timeline").columns]
    place = names.index("span_people") + 1
    chart = BarChart()
    chart.type = "col"
    chart.title = wording()["timeline"]["chart"]
    chart.legend = None
    chart.gapWidth = 40
    chart.width, chart.height = look["width"], look["height"]
    # The heading gives the series its name.
    chart.add_data(Reference(page, min_col=place, min_row=1, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(page, min_col=1, min_row=2, max_row=last))
    chart.series[0].graphicalProperties.solidFill = look["colour"]
    # openpyxl 3.1 leaves it open whether axes are drawn, and Excel then draws none.
    chart.x_axis.delete = chart.y_axis.delete = False
    # What an axis counts is not to be guessed.
    chart.y_axis.title = sheet("timeline").columns[place - 1].header
    described(chart, wording()["timeline"]["alternative"].format(cells=f"A1:C{last}"))
    page.add_chart(chart, look["place"])
    page.print_options.gridLines = False
