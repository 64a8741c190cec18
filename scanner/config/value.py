"""What a value of blindcopy.toml must be: texts, domains, addresses, zones, patterns."""

import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import idna
from pydantic import AfterValidator, BeforeValidator, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True)]
SomeText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def domain_key(domain: str) -> str:
    """
    Return a domain as lower-case A-labels (IDNA 2008 with the uts46 mapping).

    Raises:
        ValueError: It is no domain name; the message says what is wrong.
    """
    name = domain.strip().lstrip("@").rstrip(".")
    if not name or "@" in name or "*" in name or "/" in name or any(map(str.isspace, name)):
        raise ValueError("must be a domain such as corp.example, without @, * or spaces; its sub-domains are included")
    try:
        return idna.encode(name, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError("must be a domain name such as corp.example") from error


def _address(text: str) -> str:
    local, at, host = text.strip().rpartition("@")
    if not at or not local or not host or any(map(str.isspace, text.strip())):
        raise ValueError("must be a mail address such as office@corp.example")
    domain_key(host)
    return text.strip()


def is_address(text: str) -> bool:
    """Tell whether a text is a bare mail address."""
    try:
        _address(text)
    except ValueError:
        return False
    return True


def zone_name(name: str) -> str:
    """
    Return the name of a time zone as it is.

    Raises:
        ValueError: There is no such zone.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError('must be a time zone of the IANA list such as "Europe/Berlin" or "UTC"') from error
    return name


def https_url(url: str) -> str:
    """
    Return an https address without the slash behind its host.

    Raises:
        ValueError: It is none, or has a path.
    """
    if not re.fullmatch(r"https://[A-Za-z0-9.-]+/?", url.strip()):
        raise ValueError("must be an address such as https://login.microsoftonline.com, without a path")
    return url.strip().rstrip("/")


def identifier(text: str) -> str:
    """
    Return an id or a domain of a provider's, white space around it left out.

    Raises:
        ValueError: It holds anything but letters, digits, dots and hyphens.
    """
    # It stands in commands that an administrator runs: nothing in it may act there.
    if not re.fullmatch(r"[A-Za-z0-9.-]*", text.strip()):
        raise ValueError("must be an id such as 1b4e28ba-2fa1-11d2-883f-0016d3cca427, or a domain")
    return text.strip()


def listed(value: Any) -> Any:
    """Return one text as a list of it, anything else as it is."""
    # One text where a list is allowed is what people write first.
    return [value] if isinstance(value, str) else value


Domain = Annotated[str, AfterValidator(domain_key)]
Address = Annotated[str, AfterValidator(_address)]
Globs = Annotated[tuple[SomeText, ...], BeforeValidator(listed)]
Addresses = Annotated[tuple[Address, ...], BeforeValidator(listed)]
Domains = Annotated[tuple[Domain, ...], BeforeValidator(listed)]
