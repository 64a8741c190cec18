"""A Dovecot and a Cyrus whose mailboxes lie below prefixes, beside those of other users and shared ones."""

import pwd

from tests.servers import ServerAccount
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot

_PREFIXED = """
namespace inbox {{
  prefix = INBOX.
}}
namespace others {{
  type = shared
  separator = .
  prefix = user.%%u.
  location = maildir:{folder}/mail/%%u/Maildir:INDEXPVT=~/shared/%%u
  list = children
  subscriptions = no
}}
namespace everybody {{
  type = public
  separator = .
  prefix = Public.
  location = maildir:{folder}/mail/everybody/Maildir
  list = children
  subscriptions = no
}}
mail_plugins = acl
protocol imap {{
  mail_plugins = acl imap_acl
}}
plugin {{
  acl = vfile
  acl_shared_dict = file:{folder}/shared-mailboxes
}}
"""


class PrefixedDovecot(Dovecot):
    """With the prefix `INBOX.`, the delimiter `.`, mailboxes of other users below `user.` and shared ones."""

    def _configure(self) -> None:
        super()._configure()
        file = self.folder / "dovecot.conf"
        text = file.read_text(encoding="utf-8").replace("  separator = /\n", "  separator = .\n")
        file.write_text(text + _PREFIXED.format(folder=self.folder), encoding="utf-8")

    def share(self, owner: ServerAccount, mailbox: str, reader: ServerAccount) -> None:
        """Let somebody see and read a mailbox."""
        self.allow(owner, mailbox, reader)
        shared = self.folder / "shared-mailboxes"
        shared.write_text(f"shared/shared-boxes/user/{reader.user}/{owner.user}\n1\n", encoding="utf-8")
        self._own(shared)

    def allow(self, owner: ServerAccount, mailbox: str, reader: ServerAccount) -> None:
        """Let somebody read a mailbox; enough for the shared ones, whose owner is called `everybody`."""
        rights = self._maildir(owner, mailbox) / "dovecot-acl"
        rights.write_text(f"user={reader.user} lr\n", encoding="utf-8")
        self._own(rights)


class PrefixedCyrus(Cyrus):
    """With everything below INBOX and the delimiter `.`, as Cyrus is without altnamespace and unixhierarchysep."""

    def _configure(self, me: pwd.struct_passwd) -> None:
        super()._configure(me)
        file = self.folder / "imapd.conf"
        text = file.read_text(encoding="utf-8")
        for key in ("altnamespace", "unixhierarchysep"):
            text = text.replace(f"{key}: yes\n", f"{key}: no\n")
        file.write_text(text, encoding="utf-8")

    def add_account(self, name: str) -> ServerAccount:
        """Create an account with an empty INBOX."""
        self._accounts += 1
        account = ServerAccount(name, f"a password {self._accounts}")
        self._let_in(account)
        with self._client(self.administrator) as client:
            status, lines = client.create(f"user.{name}")
            assert status == "OK", lines
        return account

    def share(self, owner: ServerAccount, mailbox: str, reader: ServerAccount) -> None:
        """Let somebody see and read a mailbox."""
        with self._client(owner) as client:
            status, lines = client.setacl(f'"{mailbox}"', reader.user, "lr")
            assert status == "OK", lines
