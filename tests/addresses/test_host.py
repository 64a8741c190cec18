"""Hosts fold to the organisation that owns them."""

import pytest

from scanner.addresses.host import is_consumer_host, is_loopback, organisation_of, read_words, suffix_kind


@pytest.mark.parametrize(
    ("host", "organisation"),
    [
        ("client.co.uk", "client.co.uk"),
        ("mail.lists.client.co.uk", "client.co.uk"),
        ("co.uk", "co.uk"),
        ("contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
        ("contoso.mail.onmicrosoft.com", "contoso.onmicrosoft.com"),
        ("onmicrosoft.com", "onmicrosoft.com"),
        ("a.client.uk.com", "client.uk.com"),
        ("client.com.test-google-a.com", "client.com"),
        ("192.168.0.1", "192.168.0.1"),
        ("[192.168.0.1]", "[192.168.0.1]"),
        ("[ipv6:2001:db8::1]", "[ipv6:2001:db8::1]"),
        ("server.client.local", "client.local"),
        ("localhost", "localhost"),
        ("www.xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("a.github.io", "github.io"),
    ],
)
def test_a_host_belongs_to_its_registrable_domain(host: str, organisation: str) -> None:
    """The ICANN part of the Public Suffix List, tenants apart, address literals first."""
    assert organisation_of(host) == organisation


@pytest.mark.parametrize(
    "host", ["gmail.com", "btinternet.com", "t-online.de", "tutanota.com", "hey.com", "anna.gmx.de"]
)
def test_a_provider_is_a_consumer_host(host: str) -> None:
    """Free mail and internet providers, those that the package lacks too."""
    assert is_consumer_host(host)


@pytest.mark.parametrize(
    "host", ["client.example", "nus.edu.sg", "[192.168.0.1]", "microsoft.com", "contoso.onmicrosoft.com"]
)
def test_an_organisation_is_no_consumer_host(host: str) -> None:
    """Organisations write from their own domains."""
    assert not is_consumer_host(host)


@pytest.mark.parametrize("name", ["consumer-additions.txt", "consumer-exclusions.txt", "tenant-suffixes.txt"])
def test_the_data_files_hold_host_keys(name: str) -> None:
    """One lower-case host a line, at least two labels."""
    assert all(host == host.lower() and "." in host and " " not in host for host in read_words(name))


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.8.9.1", "127.9.9.9", "::1", "[::1]"])
def test_this_machine_is_told_without_a_lookup(host: str) -> None:
    """By name and by address: RFC 1122, 3.2.1.3: 127/8; RFC 4291, 2.5.3: ::1."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        *("localhost.example", "localhost.corp.example", "imap.localhost", "imap.corp.example", "127.0.0.1.example"),
        *("10.0.0.1", "128.0.0.1", "::2", ""),
    ],
)
def test_other_machines_are_not_this_one(host: str) -> None:
    """A name that only resolves to this machine today may not tomorrow, and one that begins like it is another's."""
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("domain", "kind"),
    [
        ("com", "registry"),
        ("co.uk", "registry"),
        ("ck", "registry"),
        ("any.ck", "registry"),
        ("www.ck", ""),
        ("xn--55qx5d.cn", "registry"),
        ("onmicrosoft.com", "tenants"),
        ("mail.onmicrosoft.com", "tenants"),
        ("contoso.onmicrosoft.com", ""),
        ("test-google-a.com", "tenants"),
        ("uk.com", "tenants"),
        ("mail.uk.com", ""),
        ("github.io", "names"),
        ("a.github.io", ""),
        ("corp.co.uk", ""),
        ("corp.example", ""),
        ("localhost", ""),
        ("gmail.com", ""),
    ],
)
def test_a_domain_below_which_many_have_names_is_known(domain: str, kind: str) -> None:
    """Public suffixes with wildcards and exceptions, tenants of services, and the private part of the list."""
    assert suffix_kind(domain) == kind
