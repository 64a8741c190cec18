"""
Addresses: header fields to entries, keys, classes and people.

    field → entries (parse_address_list) → keys (address_key)
          → inside or outside (make_classifier) → people (person_key)
"""

from scanner.addresses.check import find_silent_misses
from scanner.addresses.classify import EXCHANGE_RULE, make_classifier, make_outsider_check
from scanner.addresses.defect import DEFECTS
from scanner.addresses.field import parse_address_list
from scanner.addresses.key import address_key
from scanner.addresses.parser import parse_fully
from scanner.addresses.person import client_mark, person_key
from scanner.addresses.protection import ProtectedMail
from scanner.addresses.text import decode_text

__all__ = [
    "DEFECTS",
    "EXCHANGE_RULE",
    "ProtectedMail",
    "address_key",
    "client_mark",
    "decode_text",
    "find_silent_misses",
    "make_classifier",
    "make_outsider_check",
    "parse_address_list",
    "parse_fully",
    "person_key",
]
