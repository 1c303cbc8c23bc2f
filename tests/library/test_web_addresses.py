"""Addresses of links in books."""

from __future__ import annotations

import pytest

from bot.library.web_addresses import make_mail_address, make_web_address


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("https://a.example/b?c=d&e#f", "https://a.example/b?c=d&e#f"),
        ("HTTP://A.Example", "http://a.example"),
        ("https://ex.example/%zz|{x}", "https://ex.example/%25zz%7C%7Bx%7D"),
        ("https://ex.example/#a#b", "https://ex.example/#a%23b"),
        ('https://ex.example/?q="><x>', "https://ex.example/?q=%22%3E%3Cx%3E"),
        ("https://faß.example/ß", "https://xn--fa-hia.example/%C3%9F"),
        ("http://[::1]:80/x", "http://[::1]/x"),
        ("https://ex.example/%2F(b)?c=%26", "https://ex.example/%2F(b)?c=%26"),
    ],
)
def test_an_address_on_the_web_has_only_what_a_uri_can_have(link: str, address: str) -> None:
    assert make_web_address(link) == address


@pytest.mark.parametrize(
    "link",
    [
        *("", "/u", "#whole", "u.xhtml", "//ex.example/u", "mailto:a@b.example", "javascript:1"),
        *("data:image/png;base64,AA", "https://", "http:///x", "http://[::1", "http://a..b/"),
        *("https://a b/c", "http://x.example:99999/", "http://x.example:y/", "http://*.example/"),
    ],
)
def test_any_other_link_has_no_address_on_the_web(link: str) -> None:
    assert make_web_address(link) is None


def test_a_mail_address_is_of_one_person() -> None:
    assert make_mail_address("mailto:a%b@c.example") == "mailto:a%25b@c.example"
    assert make_mail_address("mailto:") is None
    assert make_mail_address("mailto:a b@c.example?body=x") is None
