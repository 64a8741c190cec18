"""Stems that say nothing about the mailing: greetings, everyday words, what programs and devices call a mail."""

import re

from scanner.analyse.lexicon import lexicon

_OPENING = 5
"""Words of the longest beginning of a device's subject."""

_FROM_DIGIT = re.compile(r"\d.*")
_NUMBERS = re.compile(r"[\s\d]*\d[\s\d]*")


def is_commonplace(stem: str) -> bool:
    """
    Tell whether unrelated mail of one day may well have this stem.

    An empty one, two letters, a greeting; what scanners and telephones write
    ("Message from KM_C258"); the name that a program gives a file, with
    nothing but a number behind it ("Document1", "IMG_2044").
    """
    if stem in lexicon()("stem", "commonplace") or (len(stem) < 3 and stem.isascii()):
        return True
    # "RNP002673B1D3F4": what a device calls itself goes on with digits.
    words = [_FROM_DIGIT.sub("", word) for word in stem.split(" ")]
    devices = lexicon()("stem", "device")
    if any(" ".join(words[:count]) in devices for count in range(2, _OPENING + 1)):
        return True
    return _NUMBERS.sub(" ", stem).strip() in lexicon()("stem", "file")
