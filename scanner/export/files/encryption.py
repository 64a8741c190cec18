"""Close a workbook or document with a password, as Excel, Word and LibreOffice do (MS-OFFCRYPTO, agile encryption)."""

from typing import BinaryIO

from msoffcrypto.format.ooxml import OOXMLFile


def encrypt(plain: BinaryIO, file: BinaryIO, password: str) -> None:
    """
    Write the encrypted document.

    Args:
        plain: The whole document, in memory.

        file: Takes the encrypted one.

        password: AES-256 with 100,000 rounds of SHA-512 stand between it and who guesses: its length is what counts.
    """
    plain.seek(0)
    OOXMLFile(plain).encrypt(password, file)
