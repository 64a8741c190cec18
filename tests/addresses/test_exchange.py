"""What Exchange has wrapped into an address of its own host."""

import pytest

from scanner.addresses import address_key
from scanner.addresses.exchange import wrapped_address


@pytest.mark.parametrize(
    ("written", "inner"),
    [
        ("IMCEASMTP-max+2Emiller+40web+2Ede@corp.example", "max.miller@web.de"),
        ("IMCEASMTP-max+5Fm+40web+2Ede@corp.example", "max_m@web.de"),
        ("IMCEASMTP-a_b+40web+2Ede@corp.example", "a/b@web.de"),
        ("IMCEAMAILTO-mailto+3Amax+40web+2Ede@corp.example", "max@web.de"),
        ("IMCEASMTP-max+40b+C3+BCcher+2Ede@corp.example", "max@xn--bcher-kva.de"),
        ("IMCEASMTP-nobody@corp.example", None),
        ("IMCEASMTP-IMCEASMTP-a+2B40b+2B2Ede+40corp+2Eexample@corp.example", None),
        ("IMCEAEX-_O=CORP_CN=ANNA@corp.example", None),
        ("IMCEANOTES-Bob+20Jones_HQ@corp.example", None),
        ("max@web.de", None),
    ],
)
def test_the_mail_address_within_is_found(written: str, inner: str | None) -> None:
    """Octets as +XX, slashes as _; nothing is taken out of a wrapping within a wrapping."""
    assert wrapped_address(address_key(written)) == inner
