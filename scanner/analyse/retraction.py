"""
What a subject says about an earlier mail: that somebody is sorry for it, asks to delete it, or tells of a leak.

Everyday words say the same of other things ("Sorry for the delay", "Data
breach training", "Please delete old versions of the app"), so the words
beside them have a say: [phrase] of the lexicon.
"""

import re
from functools import cache

from scanner.analyse.lexicon import lexicon

_WORD = re.compile(r"[^\W_]+")

_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
"""Kana, Chinese characters and Hangul."""


class Words:
    """The words of a folded subject, asked for phrases."""

    def __init__(self, folded: str) -> None:
        """Take a subject as from `fold`."""
        self._folded = folded
        words = _WORD.findall(folded)
        self._line = f" {' '.join(words)} "
        self._words = frozenset(words)
        self._is_unspaced = bool(_UNSPACED.search(folded))

    @property
    def apologise(self) -> bool:
        """Somebody is sorry, and for nothing that is named and no mail; or a mail went wrong."""
        return self._hold("error") or (self._hold("apology") and not self._hold("everyday"))

    @property
    def apologise_daily(self) -> bool:
        """Somebody is sorry for something else than a mail: a delay, an absence."""
        return self._hold("apology") and self._hold("everyday") and not self._hold("error")

    @property
    def ask_to_delete(self) -> bool:
        """They ask to delete or to disregard a mail, or tell of a leak."""
        if self._hold("event") and not self._hold("topic"):
            return True
        asked = self._hold("delete") or self._request()
        return asked and not self._hold("test")

    def _hold(self, name: str) -> bool:
        spaced, unspaced = _phrases(name)
        if self._is_unspaced and any(phrase in self._line for phrase in unspaced):
            return True
        return any(phrase in self._line for word in self._words & spaced.keys() for phrase in spaced[word])

    def _request(self) -> bool:
        """
        Tell whether a request is about a mail.

        It names one, or nothing: "Please delete: Camp", "URGENT - do not open".
        """
        requests = _requests()
        begun = self._words & requests.keys()
        if not any(request.search(self._line) for word in begun for request in requests[word]):
            return False
        return self._hold("mail") or bool(_bare_requests().search(self._folded))


@cache
def _phrases(name: str) -> tuple[dict[str, list[str]], list[str]]:
    """
    Return the phrases of a list as they stand between the words of a subject.

    By first word, for most subjects hold none of them; and those of writing
    without blanks, or with endings joined on, which has no between.
    """
    # What apologises before a colon does so anywhere.
    entries = lexicon()("phrase", name) | (lexicon()("prefix", name) if name == "apology" else frozenset())
    spaced: dict[str, list[str]] = {}
    unspaced = []
    for entry in entries:
        words = _WORD.findall(entry)
        if _UNSPACED.search(entry):
            unspaced.append(" ".join(words))
        else:
            spaced.setdefault(words[0], []).append(f" {' '.join(words)} ")
    return spaced, unspaced


@cache
def _requests() -> dict[str, list[re.Pattern[str]]]:
    """Return the requests by first word; "..." stands for up to five words."""
    found: dict[str, list[re.Pattern[str]]] = {}
    for phrase in lexicon()("phrase", "request"):
        parts = [_WORD.findall(part) for part in phrase.split("...")]
        pattern = r" (?:\w+ ){0,5}".join(f"(?<= ){' '.join(part)}(?= )" for part in parts)
        found.setdefault(parts[0][0], []).append(re.compile(pattern))
    return found


@cache
def _bare_requests() -> re.Pattern[str]:
    """Return the requests as they stand before a colon, a dash or the end."""
    whole = ("".join(phrase.split("...")) for phrase in lexicon()("phrase", "request"))
    alternatives = sorted({r"\W+".join(_WORD.findall(phrase)) for phrase in whole}, key=lambda one: (-len(one), one))
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})\s*(?:[]:!.;|)–—-]|$)")
