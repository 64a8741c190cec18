"""The only commands that may leave the client; FETCH with PEEK only."""

import re
from collections.abc import Iterable

_ALLOWED = re.compile(
    r"CAPABILITY|STARTTLS|AUTHENTICATE|LOGIN|ID .*|ENABLE .*|COMPRESS DEFLATE|NAMESPACE|(LIST|XLIST) .*|STATUS .*|"
    r"EXAMINE .*|(UID )?SEARCH .*|(UID )?FETCH [0-9:,*]+ \((?!.*\b(RFC822|RFC822\.TEXT|RFC822\.HEADER)[ )])"
    r"(?!.*BODY\[).*\)( \(CHANGEDSINCE .*\))?|NOOP|UNSELECT|LOGOUT"
)


def is_allowed(command: str) -> bool:
    """Tell whether a command only reads."""
    return _ALLOWED.fullmatch(command) is not None


def not_allowed(commands: Iterable[str]) -> set[str]:
    """Return those that may not leave the client."""
    return {command for command in commands if not is_allowed(command)}
