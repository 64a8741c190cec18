"""Progress that nobody watches."""


class Silence:
    """A `scanner.model.ScanProgress` that tells nobody."""

    def expect(self, total: int) -> None:
        """Add nothing."""

    def advance(self, count: int) -> None:
        """Say nothing."""

    def say(self, text: str) -> None:
        """Show nothing."""

    def accounts(self, total: int) -> None:
        """Take no notice."""

    def account_done(self, text: str) -> None:
        """Take no notice."""

    def wait(self, nothing: float, last: float) -> None:
        """Take no notice."""
