"""Find blindcopy.toml, read it, and say in one line what is wrong with it."""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scanner.config.accounts_csv import read_accounts
from scanner.config.policy_check import PolicyFault, policy_faults, policy_remarks
from scanner.config.settings import Settings
from scanner.errors import SettingsError

CONFIG_VARIABLE = "BLINDCOPY_CONFIG"
DEFAULT_NAME = "blindcopy.toml"

_SECRET_KEYS = frozenset({"password", "passwd", "pass", "secret", "token", "client_secret"})

_WORDS = {
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "string_type": "must be text in quotes",
    "string_too_short": "must not be empty",
    "tuple_type": "must be a list",
    "too_short": "must not be empty",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "date_type": "must be a date such as 2025-12-31",
    "date_parsing": "must be a date such as 2025-12-31",
    "date_from_datetime_parsing": "must be a date such as 2025-12-31",
    "date_from_datetime_inexact": "must be a date such as 2025-12-31, without a time",
}


def settings_path(path: Path | None) -> Path:
    """
    Return the settings file to read: `path`, else $BLINDCOPY_CONFIG, else ./blindcopy.toml.

    Raises:
        SettingsError: There is no such file.
    """
    chosen = new_settings_path(path)
    if not chosen.is_file():
        origin = "" if path or chosen == Path(DEFAULT_NAME) else f" (named by ${CONFIG_VARIABLE})"
        raise SettingsError(
            f"there is no settings file{origin}",
            where=str(chosen),
            remedy="Write one with `blindcopy init`, or name it with --config FILE",
        )
    return chosen


def new_settings_path(path: Path | None) -> Path:
    """Return where a new settings file is to be written: the same places, in the same order, as for reading."""
    return path or Path(os.environ.get(CONFIG_VARIABLE, "") or DEFAULT_NAME)


def has_settings(path: Path | None) -> bool:
    """Tell whether settings are named, by `path` or $BLINDCOPY_CONFIG, or lie in ./blindcopy.toml."""
    chosen = new_settings_path(path)
    return path is not None or chosen != Path(DEFAULT_NAME) or chosen.exists()


def load_settings(path: Path | None = None) -> Settings:
    """
    Read and check the settings.

    Args:
        path: The file; None looks at $BLINDCOPY_CONFIG, then at ./blindcopy.toml.

    Raises:
        SettingsError: The file is not there, cannot be read, or says something
            that cannot be meant; one line with file, line, what and what to do.
    """
    file = settings_path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError("the file is not UTF-8", where=str(file), remedy="Save it as UTF-8") from error
    except OSError as error:
        raise SettingsError(
            f"the file cannot be read ({error.strerror})", where=str(file), remedy="Check its permissions"
        ) from error
    return parse_settings(text, file)


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody should know about the policy, with file and line, in one line."""

    text: str
    since: date | None = None
    """The day on which it came to be so by itself, such as the first after an approval; None = since it was written."""


def find_remarks(settings: Settings, path: Path | None, today: date) -> list[Remark]:
    """
    Return what somebody should know about the policy of loaded settings.

    So of the client register, without what stands there.

    Raises:
        OSError: The file is gone since it was loaded.
    """
    file = new_settings_path(path)
    text = file.read_text(encoding="utf-8-sig")
    remarks = [
        Remark(f"{_where_both(file, text, remark)}: {remark.what}. {remark.remedy}", remark.since)
        for remark in policy_remarks(settings, today)
    ]
    return [*remarks, *map(Remark, settings.register_remarks())]


def parse_settings(text: str, file: Path) -> Settings:
    """
    Check settings given as TOML text; `file` names them in errors and is where relative paths start.

    Raises:
        SettingsError: As `load_settings`.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"this is not TOML: {_toml_problem(error)}", where=str(file)) from None
    _refuse_secret_in_url(content, text, file)
    _add_accounts(content, file)
    try:
        settings = Settings(**content)
    except ValidationError as error:
        # The validation error knows the input, which may hold a secret: not chained.
        raise _first_error(error, text, file) from None
    settings = settings.in_folder(file.absolute().parent)
    faults = list(policy_faults(settings))
    if faults:
        more = f"; {len(faults) - 1} more to mend after this one" if len(faults) > 1 else ""
        raise SettingsError(
            faults[0].what, where=_where(file, text, faults[0].place), remedy=f"{faults[0].remedy}{more}"
        )
    return settings.with_files()


def _add_accounts(content: dict[str, Any], file: Path) -> None:
    """Put the accounts of `accounts_csv` behind those of the file; what is wrong there is named by its own line."""
    named, tables = content.get("accounts_csv"), content.get("account", [])
    if not isinstance(named, str) or not named.strip() or not isinstance(tables, list):
        return
    csv_file = file.absolute().parent / Path(named.strip()).expanduser()
    taken = {str(table["name"]).strip() for table in tables if isinstance(table, dict) and "name" in table}
    content["account"] = [*tables, *read_accounts(csv_file, taken, explain=_row_problem)]


def _row_problem(error: ValidationError) -> tuple[str, str]:
    details = error.errors(include_url=False, include_context=True, include_input=False)
    details.sort(key=lambda detail: detail["type"] != "extra_forbidden")
    path = ("account", *(part for part in details[0]["loc"] if _is_key(part)))
    what, remedy = _explain(details[0], path)
    return what.replace("[account] ", "column "), remedy


def _toml_problem(error: tomllib.TOMLDecodeError) -> str:
    # Some messages quote a character or key of the file; the place is enough and cannot hold a secret.
    place = re.search(r"\(at (line \d+, column \d+|end of document)\)", str(error))
    duplicate = "the same key or table twice, " if "overwrite" in str(error) or "twice" in str(error) else ""
    return f"{duplicate}{place.group(1) if place else 'somewhere'}; texts need quotes, lists brackets"


def _refuse_secret_in_url(content: dict[str, Any], text: str, file: Path) -> None:
    store = content.get("store")
    url = store.get("url") if isinstance(store, dict) else None
    if isinstance(url, str) and re.search(r"://[^/@:]*:[^@/]+@", url):
        raise SettingsError(
            "the database password stands in the file",
            where=_where(file, text, ("store", "url")),
            remedy="Leave it out and set PGPASSWORD, ~/.pgpass or BLINDCOPY_STORE__URL",
        )


def _first_error(error: ValidationError, text: str, file: Path) -> SettingsError:
    details = error.errors(include_url=False, include_context=True, include_input=False)
    # An unknown key explains a missing one (a typing mistake makes both), so it is told first.
    details.sort(key=lambda detail: detail["type"] != "extra_forbidden")
    first = details[0]
    path = tuple(part for part in first["loc"] if isinstance(part, int) or _is_key(part))
    what, remedy = _explain(first, path)
    more = len({detail["loc"] for detail in details}) - 1
    if more:
        remedy = f"{remedy}; {more} more to mend after this one"
    return SettingsError(what, where=_where(file, text, path), remedy=remedy)


def _is_key(part: int | str) -> bool:
    # pydantic names the branch of a union ("constrained-str", "tuple[...]") as if it were a key.
    return isinstance(part, str) and re.fullmatch(r"[A-Za-z0-9_-]+", part) is not None and part != "constrained-str"


def _explain(detail: ErrorDetails, path: tuple[int | str, ...]) -> tuple[str, str]:
    """Return what is wrong and what to do."""
    key = str(path[-1]) if path else ""
    if detail["type"] == "extra_forbidden":
        return _unknown_key(key, path)
    if detail["type"] == "value_error":
        reason = str(detail.get("ctx", {}).get("error", detail["msg"]))
        named = f"{_dotted(path)}: " if path else ""
        return f"{named}{reason}", "Change it and run the command again"
    if detail["type"] == "missing":
        return f"{_dotted(path)} is missing", "Add it"
    if detail["type"] == "tuple_type" and len(path) == 1:
        return f"`{key}` must be a list of tables", f"Write [[{key}]] with two brackets above each"
    context = detail.get("ctx", {})
    if detail["type"] == "literal_error":
        words = f"must be one of {context.get('expected', '')}"
    elif detail["type"] in ("greater_than_equal", "less_than_equal"):
        words = f"must be {'at least' if 'ge' in context else 'at most'} {context.get('ge', context.get('le'))}"
    else:
        words = _WORDS.get(detail["type"], "has a value that cannot be used")
    return f"{_dotted(path)} {words}", "Change it and run the command again"


def _unknown_key(key: str, path: tuple[int | str, ...]) -> tuple[str, str]:
    if key.lower() in _SECRET_KEYS:
        return (
            f"{_dotted(path)}: secrets never stand in this file",
            "Remove it (and change that password), then use password_env or password_command",
        )
    known = sorted(_known_keys(path[:-1]))
    near = difflib.get_close_matches(key.lower(), known, n=1, cutoff=0.6)
    if near:
        return f"unknown key {_dotted(path)}", f"Perhaps `{near[0]}` is meant"
    elsewhere = [table for table in sorted(_known_keys(())) if key in _known_keys((table,))]
    if elsewhere:
        return f"unknown key {_dotted(path)}", f"`{key}` belongs into [{elsewhere[0]}]"
    return f"unknown key {_dotted(path)}", f"Known keys here: {', '.join(known)}"


def _known_keys(path: Iterable[int | str]) -> Iterator[str]:
    """Yield the keys that are allowed in the table at `path`."""
    model: type[BaseModel] = Settings
    for part in path:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        inner = _inner_model(field.annotation) if field else None
        if inner is None:
            return
        model = inner
    for name, field in model.model_fields.items():
        yield field.alias or name


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _inner_model(part))), None)


def _dotted(path: tuple[int | str, ...]) -> str:
    """Return a place as people know it from the file: `[[account]] 2, port`."""
    if not path:
        return "the file"
    table, rest = path[0], path[1:]
    if rest and isinstance(rest[0], int):
        head = f"[[{table}]] {rest[0] + 1}"
        rest = rest[1:]
    elif rest:
        head = f"[{table}]"
    else:
        return f"`{table}`"
    names = [f"entry {part + 1}" if isinstance(part, int) else f"`{part}`" for part in rest]
    return " ".join([head, *names])


def _where(file: Path, text: str, path: tuple[int | str, ...]) -> str:
    variable = "BLINDCOPY_" + "__".join(str(part) for part in path).upper()
    if len(path) > 1 and variable in (name.upper() for name in os.environ):
        return f"${variable}"
    line = find_line(text, path)
    return f"{file}, line {line}" if line else str(file)


def _where_both(file: Path, text: str, remark: PolicyFault) -> str:
    where = _where(file, text, remark.place)
    line = find_line(text, remark.beside) if remark.beside else None
    return f"{where} and line {line}" if line else where


def find_line(text: str, path: tuple[int | str, ...]) -> int | None:
    """
    Return the line, from 1, on which a key or its table stands; None when it is not there.

    A search, not a parser: keys of inline tables are found at their table.

    >>> find_line('[store]\\nurl = "x"', ("store", "url"))
    2
    """
    names = [part for part in path if isinstance(part, str)]
    if not names:
        return None
    wanted = next((part for part in path if isinstance(part, int)), 0)
    table_line, table, seen = None, "", -1
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$", line)
        if header:
            table = header.group(1).strip("\"' ")
            if table == names[0]:
                seen += 1
                if seen == wanted:
                    table_line = number
            continue
        key = re.match(r"""\s*["']?([^"'\s=#]+)["']?\s*=""", line)
        if key is None:
            continue
        if not table and key.group(1).split(".")[0] == names[0]:
            return number
        if len(names) > 1 and table == names[0] and seen == wanted and key.group(1).split(".")[0] == names[1]:
            return number
    return table_line
