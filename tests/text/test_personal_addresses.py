"""What addresses and keys are, by their own rules; every one here is a documented example or made up."""

import pytest

from tilth.text.personal_addresses import email, ipv4, ipv6, login, mac, secret


def whole(rule, text, before="at "):
    """Whether the rule takes the text, all of it, behind some words."""
    data, start = (before + text + " now").encode(), len(before.encode())
    stop = start + len(text.encode())
    return rule(data, start, stop) in ((start, stop), [(start, stop)])


@pytest.mark.parametrize(
    "address",
    [
        "bob@example.com",
        "b.o.b+tag@mail.example.co.uk",
        "o'neil@example.org",
        "jörg@müller.example",
        "a_b-c%d@x-y.example",
        "x@xn--bcher-kva.example",
    ],
)
def test_an_email_address_is_found(address):
    assert whole(email, address) and whole(email, address, "(") and whole(email, address, "邮箱") and whole(email, address, "mailto:")


@pytest.mark.parametrize(
    "address",
    ["bob@example", "icon@2x.png", "bob@.com", "bob@1.2.3", "git@example.com", ".@example.com", "bob@-.com", "bob.@example.com", "pkg@1.0.x9"],
)
def test_what_only_looks_like_an_email_address_is_none(address):
    assert not whole(email, address)


def test_an_email_address_ends_before_the_mark_behind_it_and_begins_behind_one():
    assert email(b"'bob@example.com'.", 0, 4) == (1, 16) and email(b"line\\nbob@example.com.", 5, 9) == (6, 21)
    assert email(b"@bob@example.com", 1, 4) is None


@pytest.mark.parametrize(
    ("url", "part"), [("https://bob:secret1@example.com/x", "bob:secret1"), ("postgres://u:p@[::1]:5432", "u:p"), ("ftp://:pw1@example.com", None)]
)
def test_a_name_and_a_password_in_a_url_are_found(url, part):
    data = f"see {url}".encode()
    at = data.index(b"://")
    span = login(data, at, len(data))
    assert (data[slice(*span)].decode() if span else None) == part


@pytest.mark.parametrize(
    "url",
    [
        "https://${USER}:${PASS}@example.com",
        "https://{user}:{pass}@example.com",
        "://a:b@example.com",
        "https://u:****@example.com",
        "https://u:@x.com",
    ],
)
def test_what_a_template_will_fill_in_is_no_password(url):
    data = url.encode()
    assert login(data, data.index(b"://"), len(data)) is None


@pytest.mark.parametrize("address", ["192.0.2.1", "203.0.113.255", "8.8.8.8", "198.51.100.0"])
def test_an_ip_address_is_found(address):
    assert whole(ipv4, address) and whole(ipv4, address, "http://") and ipv4(f"{address}:80".encode(), 0, len(address)) == [(0, len(address))]


@pytest.mark.parametrize("address", ["256.0.0.1", "192.0.2", "192.0.2.01", "192.0.2.1.5", "127.0.0.1", "0.0.0.0", "255.255.255.0", "1.2.3.4"])
def test_what_is_no_address_or_this_machines_own_is_none(address):
    assert not whole(ipv4, address)


@pytest.mark.parametrize("before", ["version ", "v", "Chrome/", "release-", "Firmware: ", "x"])
def test_numbers_of_versions_are_no_addresses(before):
    assert not whole(ipv4, "10.0.40.2", before)


def test_small_numbers_are_an_address_where_words_say_so():
    assert whole(ipv4, "10.1.2.3", "the server ") and not whole(ipv4, "10.1.2.3", "verse ")


@pytest.mark.parametrize("address", ["2001:db8::1:2", "2001:0db8:0000:0000:0000:ff00:0042:8329", "fe80::1ff:fe23:4567:890a", "::ffff:192.0.2.1"])
def test_an_ipv6_address_is_found(address):
    assert whole(ipv6, address)


@pytest.mark.parametrize("address", ["::", "::1", "add::bad", "a::b::c", "12:34:56", "1:2:3:4:5:6:7:8:9", "12345::1:2", "dead::beef:face"])
def test_what_is_no_ipv6_address_is_none(address):
    assert not whole(ipv6, address)


@pytest.mark.parametrize("address", ["00:00:5E:00:53:01", "00-00-5e-00-53-af", "12:34:56:78:90:12"])
def test_a_mac_address_is_found(address):
    assert whole(mac, address)


@pytest.mark.parametrize("address", ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "12-34-56-78-90-12", "00:00-5E:00:53:01", "00:00:5E:00:53"])
def test_what_is_no_mac_address_is_none(address):
    assert not whole(mac, address)


KEYS = [
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "A1b2C3" * 12,
    "glpat-" + "x1Y2z3W4" * 3,
    "xoxb-" + "123456789012-abcdefGHIJ",
    "AIza" + "Sy0" + "aB3d" * 8,
    "sk-" + "aB3d" * 12,
    "sk-proj-" + "aB3d_" * 12,
    "sk-ant-api03-" + "aB3d-" * 12,
    "sk_live_" + "aB3d" * 6,
    "hf_" + "AbCd" * 8 + "Ef",
    "npm_" + "a1B2" * 9,
    "SG." + "a1B2c3" * 4 + "." + "a1B2c3d4" * 5,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIabc+/=\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----",
]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key[:12])
def test_a_key_of_a_known_maker_is_found(key):
    assert whole(secret, key)


@pytest.mark.parametrize(
    "text",
    [
        "sk-learn-is-a-library-for-python",
        "ghp_short",
        "AKIAshort",
        "eyJust.words",
        "xoxb-none",
        "hf_hub_download",
        "-----BEGIN CERTIFICATE-----",
        "sk-" + "a" * 30,
    ],
)
def test_words_that_begin_as_keys_do_are_none(text):
    assert not whole(secret, text)
