"""What addresses are, by their own rules; every one here is a documented example or made up."""

import pytest

from tilth.text.personal_addresses import email, ipv4, ipv6, link, login, mac, spelt


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


def test_a_number_within_a_longer_one_is_no_address():
    assert ipv4(b"see 1.2.3.4.5 or 192.0.2.1.5", 4, 28) == [] and not whole(ipv4, "10.20.30.40.50")


def test_leading_zeros_are_no_address_as_the_standard_library_has_it():
    assert not whole(ipv4, "08.8.8.8") and not whole(ipv4, "192.0.2.01")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("bob (at) example (dot) com", "bob (at) example (dot) com"),
        ("write bob.b [at] mail [dot] example [dot] org today", "bob.b [at] mail [dot] example [dot] org"),
        ("bob[at]example.com", "bob[at]example.com"),
        ("bob {at} example dot com.", "bob {at} example dot com"),
        ("BOB AT EXAMPLE DOT COM", "BOB AT EXAMPLE DOT COM"),
        ("bob (at) example", None),
        ("look at example dot com", None),
        ("MEET ME AT EXAMPLE.COM", None),
        ("we met AT Example dot com", None),
        ("(at) example.com", None),
        ("icon (at) large.png", None),
        ("bob (at) the. Next", None),
    ],
)
def test_an_email_address_spelt_out_is_found_where_it_can_be_nothing_else(text, address):
    data = text.encode()
    start = data.lower().index(b"at)") if b"at)" in data else next(place for place in range(len(data)) if data[place : place + 2].lower() == b"at")
    span = spelt(data, start, start + 2)
    assert (data[slice(*span)].decode() if span else None) == address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://example.org/a?b=1&c=2#d now", "https://example.org/a?b=1&c=2#d"),
        ("see www.example.org, or", "www.example.org"),
        ("Really, HTTP://EXAMPLE.ORG?!", "HTTP://EXAMPLE.ORG"),
        ("(see https://example.org/a)", "https://example.org/a"),
        ("https://en.wikipedia.org/wiki/Tilth_(soil)", "https://en.wikipedia.org/wiki/Tilth_(soil)"),
        ("[text](https://example.org)", "https://example.org"),
        ('<a href="http://example.org">', "http://example.org"),
        ("http://user:pw1@example.org:8080/~me/", "http://user:pw1@example.org:8080/~me/"),
        ("见http://example.org/a。然后", "http://example.org/a"),
        ("http://[2001:db8::1]:80/", "http://[2001:db8::1]:80/"),
        ("http:// is a scheme", None),
        ("www... what", None),
        ("std://a.b", None),
        ("x@www.example.org", None),
    ],
)
def test_the_address_of_a_page_is_found_without_the_sentence_around_it(text, address):
    data = text.encode()
    start = data.index(b"://") if b"://" in data else data.index(b"www")
    span = link(data, start, start)
    assert (data[slice(*span)].decode() if span else None) == address


def test_words_for_a_password_are_none():
    assert all(login(data, 5, len(data)) is None for data in (b"https://user:password@example.com", b"https://user:pass@example.com"))
