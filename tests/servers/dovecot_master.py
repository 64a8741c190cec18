"""A Dovecot that also takes tokens (XOAUTH2), lets a master user in, and knows rights (ACL, RFC 4314)."""

from tests.servers.dovecot import Dovecot

MASTER = "auditor"
MASTER_PASSWORD = "let me look"

_MORE = """
auth_mechanisms = plain login xoauth2 oauthbearer
auth_master_user_separator = *
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/masters
  master = yes
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf.ext
}}
mail_plugins = acl
protocol imap {{
  mail_plugins = acl imap_acl
}}
plugin {{
  acl = vfile:{folder}/acls
}}
"""

_OAUTH2 = """
introspection_mode = auth
introspection_url = {url}/introspect
username_attribute = username
active_attribute = active
active_value = true
"""


class MasterDovecot(Dovecot):
    """
    Use as a context manager.

    Args:
        token_url: Where it asks whether a token is good.
    """

    def __init__(self, token_url: str) -> None:
        self._token_url = token_url
        super().__init__()

    def _configure(self) -> None:
        super()._configure()
        with (self.folder / "dovecot.conf").open("a", encoding="utf-8") as file:
            file.write(_MORE.format(folder=self.folder))
        (self.folder / "oauth2.conf.ext").write_text(_OAUTH2.format(url=self._token_url), encoding="utf-8")
        (self.folder / "masters").write_text(f"{MASTER}:{MASTER_PASSWORD}::::::\n", encoding="utf-8")
        (self.folder / "acls").mkdir()
        # The master user may read and nothing else; the owner keeps all rights.
        (self.folder / "acls" / "Sent").write_text(f"user={MASTER} lr\nowner lrwstipekxa\n", encoding="utf-8")
