"""What types cannot say of settings: addresses, networks, and values that only make sense together."""

from __future__ import annotations

from collections.abc import Iterator

from skrytka.connections.networks import parse_networks
from skrytka.plugin_host.front_end import FrontEndSettings
from skrytka.settings import OAuth, Settings, SettingsError

HEALTH = "serve.health_listen"


def parse_listen(key: str, text: str) -> tuple[str, int]:
    """Host and port of ``host:port`` or ``[v6]:port``; port 0 lets the system choose."""
    host, separator, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        separator = ""
    if not (separator and host and port.isascii() and port.isdigit() and int(port) < 65_536):
        raise SettingsError(f"{key}: {text!r} is neither host:port nor [IPv6]:port")
    return host, int(port)


def listen_settings(settings: Settings) -> Iterator[tuple[str, str]]:
    """Key and address of every listener that is on."""
    for name, section in settings.front_ends.items():
        if isinstance(section, FrontEndSettings):
            yield from ((listener.name, listener.address) for listener in section.listeners(name))
    if "rest" in settings.serve.plugins and settings.rest.listen:
        yield "rest.listen", settings.rest.listen
    if settings.serve.health_listen:
        yield HEALTH, settings.serve.health_listen


def verify(settings: Settings) -> None:
    """Raise ``SettingsError`` for the first rule that does not hold."""
    taken: dict[tuple[str, int], str] = {}
    for key, text in listen_settings(settings):
        address = parse_listen(key, text)
        if address in taken and address[1]:
            raise SettingsError(f"{key}: {text} is the address of {taken[address]} too")
        taken[address] = key
    try:
        parse_networks(settings.auth.uncounted_networks)
    except ValueError as error:
        raise SettingsError(f"auth.uncounted_networks: {error}") from None
    _verify_oauth(settings.oauth)
    for name, section in settings.front_ends.items():
        if isinstance(section, FrontEndSettings):
            _verify_front_end(name, section)


def _verify_oauth(oauth: OAuth) -> None:
    """A key signs tokens for everybody who trusts the issuer."""
    for key, value in (("issuer", oauth.issuer), ("audience", oauth.audience)):
        if oauth.jwks_url and not value:
            raise SettingsError(f"oauth.{key}: oauth.jwks_url needs it")


def _verify_front_end(name: str, section: FrontEndSettings) -> None:
    try:
        parse_networks(section.trusted_networks)
    except ValueError as error:
        raise SettingsError(f"{name}.trusted_networks: {error}") from None
    if section.proxy_protocol and not section.trusted_networks:
        raise SettingsError(f"{name}.proxy_protocol: needs {name}.trusted_networks, from where it is believed")
