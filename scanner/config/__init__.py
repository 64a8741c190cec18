"""
The settings: blindcopy.toml and the environment, read once.

`load_settings` gives a frozen `Settings`; everything below it receives plain
values of `scanner.model`, never the settings themselves.
"""

from scanner.config.list_csv import MemberNames
from scanner.config.loading import CONFIG_VARIABLE, DEFAULT_NAME, load_settings
from scanner.config.register_csv import ClientRegister
from scanner.config.settings import Settings
from scanner.config.template import write_template

__all__ = [
    "CONFIG_VARIABLE",
    "DEFAULT_NAME",
    "ClientRegister",
    "MemberNames",
    "Settings",
    "load_settings",
    "write_template",
]
