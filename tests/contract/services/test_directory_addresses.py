"""Addresses have one form."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrytka.errors import Invalid
from skrytka.services.addresses import domain_of, normalise_address, normalise_domain


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("ann@example.org", "ann@example.org"),
        ("Ann.B+list@Example.ORG", "ann.b+list@example.org"),
        ("ann@example.org.", "ann@example.org"),
        ("info@Bücher.example", "info@xn--bcher-kva.example"),
        ("info@xn--bcher-kva.example", "info@xn--bcher-kva.example"),
        ("info@\uff45\uff58ample.org", "info@example.org"),
        ("ŻÓŁW@example.org", "żółw@example.org"),
        ("żo\u0301łw@example.org", "żółw@example.org"),
        ("用户@例え.テスト", "用户@xn--r8jz45g.xn--zckzah"),
        ("a!#$%&'*+-/=?^_`{|}~z@example.org", "a!#$%&'*+-/=?^_`{|}~z@example.org"),
        ("x@localhost", "x@localhost"),
        ("l" * 64 + "@example.org", "l" * 64 + "@example.org"),
    ],
)
def test_one_form(text: str, normalised: str) -> None:
    assert normalise_address(text) == normalised
    assert normalise_address(normalised) == normalised


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ann", "has no @"),
        ("", "has no @"),
        ("@example.org", "is not a plain (dot-atom) address"),
        ("ann@", "is not a domain name: Empty domain"),
        (".ann@example.org", "is not a plain (dot-atom) address"),
        ("ann.@example.org", "is not a plain (dot-atom) address"),
        ("a..b@example.org", "is not a plain (dot-atom) address"),
        ('"ann b"@example.org', "has a space or a control character before the @"),
        ('"ann"@example.org', "is not a plain (dot-atom) address"),
        ("ann\n@example.org", "has a space or a control character before the @"),
        ("ann\u200b@example.org", "has a space or a control character before the @"),
        ("a@b@example.org", "is not a plain (dot-atom) address"),
        ("l" * 65 + "@example.org", "has more than 64 octets before the @"),
        ("ż" * 33 + "@example.org", "has more than 64 octets before the @"),
        ("l" * 64 + "@" + ".".join(["d" * 60] * 4), "is longer than 254 octets"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        normalise_address(text)
    assert refused.value.faults == (("address", reason),)


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "-a.example", "a b.example", "[127.0.0.1]", "d" * 64 + ".example", "a_b.c"]
)
def test_refused_domains(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        normalise_domain(text)
    assert [fault.field for fault in refused.value.faults] == ["domain"]


def test_the_field_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        normalise_address("ann", "alias")
    assert [fault.field for fault in refused.value.faults] == ["alias"]


def test_domain_of() -> None:
    assert domain_of("ann@example.org") == "example.org"


@given(st.text(max_size=80), st.sampled_from(["example.org", "Bücher.example"]))
def test_normalising_twice_changes_nothing(local: str, domain: str) -> None:
    try:
        once = normalise_address(f"{local}@{domain}")
    except Invalid:
        return
    assert normalise_address(once) == once
    assert len(once.encode()) <= 254


@given(st.text(max_size=300))
def test_any_text_is_an_address_or_invalid(text: str) -> None:
    with contextlib.suppress(Invalid):
        assert normalise_address(text).count("@") == 1
