"""What somebody asks a report to be: for whom, in which language, behind which password."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from scanner.errors import UsageError
from scanner.language import ENGLISH, Language, texts
from scanner.model import IncidentKey

Audience: TypeAlias = Literal["internal", "authority", "people", "management", "investigator"]

AUDIENCES: tuple[Audience, ...] = get_args(Audience)


WithheldField: TypeAlias = Literal["aware", "effects", "label", "measures", "people"]
"""Where a person wrote it: source of awareness, effects, name of a label, measures, why the people are not told."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Something that a file leaves out because it names somebody."""

    incident: IncidentKey
    field: WithheldField
    word: int = dataclasses.field(default=0, compare=False)
    """Which word of it names somebody, from 1, the first that does; 0 = as a whole it may."""


@dataclass(frozen=True, slots=True)
class Request:
    """One report that is wanted; `scanner.export.check` refuses what its format has no use for."""

    audience: Audience = "internal"
    """Each gets files of its own: what is for the authority must not travel with names."""

    language: Language = ENGLISH
    """Of those who made the report; an authority's form may speak another one (`spoken`)."""

    password: str | None = field(default=None, repr=False)
    """Encrypt the file with it; None = do not. No readable copy touches the disk then."""

    what: str = ""
    """
    For those who decide: which table, where a file holds one (a name of
    `scanner.columns.sheets`). For others: which incidents.
    """

    @property
    def table(self) -> str:
        """Name of the one table that is wanted."""
        return self.what if self.audience == "internal" else ""

    tables: Literal["csv", "parquet"] = "csv"
    """As what kind of files the tables of a folder are written."""

    excel: bool = False
    """CSV as an Excel with decimal commas opens it: semicolons, and a byte order mark."""

    form: str = "gdpr"
    """Which authority's form; a name of reports/authority.toml."""

    template: str = ""
    """A text of one's own for the letter; "" = ours."""

    since: str = ""
    """Number of an earlier export, or `last`: the report then opens with what has changed."""

    tell: Callable[[Withheld], None] | None = field(default=None, repr=False, compare=False)
    """Is told what the file leaves out: nothing is left out silently."""

    @property
    def spoken(self) -> Language:
        """
        Language of the file: a form that an authority has in one language speaks it throughout.

        Raises:
            UsageError: There is no form of this name.
        """
        if self.audience != "authority":
            return self.language
        forms = texts("authority", of=ENGLISH)["form"]
        if self.form not in forms:
            raise UsageError(
                f"there is no form {self.form!r}", where="--form", remedy=f"Name one of: {', '.join(forms)}"
            )
        language: Language = forms[self.form].get("language", self.language)
        return language
