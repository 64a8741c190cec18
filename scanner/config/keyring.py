"""Passwords from the system's keyring (extra `keyring`): macOS Keychain, Windows, Secret Service, KWallet."""

from collections.abc import Callable

from scanner.errors import SettingsError


def keyring_source(number: int, service: str, user: str) -> Callable[[], str]:
    """
    Return a function that gives the password of account `number` as the keyring holds it for (service, user).

    The function raises SettingsError when the library is missing, the keyring
    is locked, keeps passwords in plain text, or holds none.
    """
    return lambda: _from_keyring(f"[[account]] {number}", service, user)


def _from_keyring(where: str, service: str, user: str) -> str:
    try:
        # An extra; where it is there, finding the backends of a machine takes its time.
        import keyring
        from keyring.errors import KeyringError
    except ImportError as error:
        raise SettingsError(
            "the library for the setting `keyring` is missing",
            where=where,
            remedy="pip install 'blindcopy[keyring]', or use password_command",
        ) from error
    try:
        ring = keyring.get_keyring()
        if _is_plain_text(ring):
            raise SettingsError(
                "the keyring of this machine would keep the password in plain text",
                where=where,
                remedy="Use a keyring that encrypts (`keyring --list-backends`), or password_command",
            )
        password = ring.get_password(service, user)
    # The libraries below raise errors of their own where there is no desktop session. Not chained: they may hold names.
    except (KeyringError, RuntimeError, OSError) as error:
        raise SettingsError(
            f"the keyring of this machine cannot be read ({type(error).__name__})",
            where=where,
            remedy="Unlock it, or use password_command where no one is signed in to the desktop",
        ) from None
    if not password:
        raise SettingsError(
            f"the keyring holds no password for the service {service!r} and this account's user",
            where=where,
            remedy=f"Store it with `keyring set {service} USER`",
        )
    return str(password)


def _is_plain_text(ring: object) -> bool:
    """Tell whether a backend, or one of a chain, writes passwords to a file that anybody's program can read."""
    backends = getattr(ring, "backends", None) or [ring]
    return any("plaintext" in kind.__name__.lower() for backend in backends for kind in type(backend).__mro__)
