"""Certificates for the test servers: one authority, and servers it vouches for, made by openssl."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.servers import ServerMissingError


@dataclass(frozen=True, slots=True)
class Certificate:
    """Paths of a certificate and its key, both PEM."""

    certificate: Path
    key: Path


def _openssl(*arguments: str | Path) -> None:
    try:
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)
    except FileNotFoundError as error:
        raise ServerMissingError("openssl is not installed") from error


class Authority:
    """A certificate authority that nobody but the test trusts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ca_file = folder / "authority.pem"
        self._key = folder / "authority.key"
        _openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"),
            *("-subj", "/CN=Test authority", "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
            *("-keyout", self._key, "-out", self.ca_file),
        )

    def issue(self, name: str, *, names: tuple[str, ...], days: int = 30) -> Certificate:
        """
        Make a certificate for subjectAltNames such as `DNS:localhost` or `IP:127.0.0.1`.

        Args:
            name: Stem of the file names.

            names: What the certificate vouches for.

            days: Until it expires; negative = expired already.
        """
        certificate, key, request = (self._folder / f"{name}.{suffix}" for suffix in ("pem", "key", "csr"))
        extensions = self._folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={','.join(names)}\nextendedKeyUsage=serverAuth\n", encoding="ascii")
        _openssl(
            *("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-subj", f"/CN={name}", "-keyout", key, "-out", request),
        )
        _openssl(
            *("x509", "-req", "-in", request, "-CA", self.ca_file, "-CAkey", self._key, "-CAcreateserial"),
            *("-days", str(days), "-extfile", extensions, "-out", certificate),
        )
        return Certificate(certificate, key)
