"""Objects of the pipeline as JSON values, for `--json`."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum

from scanner.errors import AccountError
from scanner.export.words.moment import iso_sent, iso_utc

_MOMENTS = frozenset({"oldest", "newest", "oldest_mail", "newest_mail"})
"""Of mail: nobody may know them."""


def plain(value: object, name: str = "") -> object:
    """
    Return a value that JSON can hold: objects by field name, moments as ISO 8601 in UTC, errors by code and text.

    Args:
        value: A dataclass of the pipeline or `scanner.model`, or a part of one.

        name: The field it stands in; names that end in `_at` are moments.
    """
    if isinstance(value, AccountError):
        return {"code": value.code, "what": value.what, "where": value.where, "remedy": value.remedy}
    if isinstance(value, int) and not isinstance(value, bool) and name in _MOMENTS:
        return iso_sent(value)
    if isinstance(value, int) and not isinstance(value, bool) and (name == "as_of" or name.endswith("_at")):
        return iso_utc(value)
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: plain(getattr(value, part.name), part.name) for part in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item, str(key)) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, frozenset | set):
        return sorted(plain(item) for item in value)  # type: ignore[type-var] # sets of the model hold text only
    if isinstance(value, bytes):
        return value.hex()
    return value
