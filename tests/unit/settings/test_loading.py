"""Settings from file and environment: what wins, how texts are converted, and the one line for each fault."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from skrytka.plugin_host.front_end import FrontEndSettings
from skrytka.serve import settings_loading
from skrytka.settings import Settings, SettingsError


class ImapSettings(FrontEndSettings, frozen=True):
    listen: str = "127.0.0.1:1143"
    idle_timeout_s: float = 1_800.0
    names: dict[str, int] = msgspec.field(default_factory=dict)


SECTIONS = {"imap": ImapSettings}


def imap(settings: Settings) -> ImapSettings:
    section = settings.front_ends["imap"]
    assert isinstance(section, ImapSettings)
    return section


def load(environ: dict[str, str], toml: str = "", folder: Path | None = None) -> Settings:
    path = None
    if folder is not None:
        path = folder / "skrytka.toml"
        path.write_text(toml)
    return settings_loading.load(path, environ, SECTIONS)


def test_nothing_given_is_the_default() -> None:
    assert load({}) == Settings(front_ends={"imap": ImapSettings()})


def test_the_environment_goes_over_the_file(tmp_path: Path) -> None:
    toml = """
        data_dir = "/srv/mail"
        [serve]
        workers = 3
        plugins = ["imap", "rest"]
        [imap]
        listen = "0.0.0.0:143"
        idle_timeout_s = 1900
    """
    settings = load({"SKRYTKA_SERVE__WORKERS": "5", "SKRYTKA_IMAP__LISTEN": ""}, toml, tmp_path)
    assert settings.data_dir == "/srv/mail"
    assert settings.serve.workers == 5
    assert settings.serve.plugins == ("imap", "rest")
    assert imap(settings) == ImapSettings(listen="", idle_timeout_s=1_900.0)


def test_the_config_file_may_be_named_by_the_environment(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("[serve]\nworkers = 7\n")
    assert load({"SKRYTKA_CONFIG": str(tmp_path / "x.toml")}).serve.workers == 7


@pytest.mark.parametrize(
    ("name", "text", "section", "key", "expected"),
    [
        ("SERVE__WORKERS", "2", "serve", "workers", 2),
        ("SERVE__PLUGINS", "imap, rest", "serve", "plugins", ("imap", "rest")),
        ("SERVE__PLUGINS", '["imap"]', "serve", "plugins", ("imap",)),
        ("SERVE__PLUGINS", "", "serve", "plugins", ()),
        ("AUTH__SCRAM", "false", "auth", "scram", False),
        ("AUTH__ALLOW_PLAINTEXT", "1", "auth", "allow_plaintext", True),
        ("BUS__POLL_INTERVAL_S", "2.5", "bus", "poll_interval_s", 2.5),
        ("LIMITS__DEFAULT_QUOTA_OCTETS", "1000", "limits", "default_quota_octets", 1_000),
        ("LIMITS__DEFAULT_QUOTA_OCTETS", "null", "limits", "default_quota_octets", None),
        ("STORE__URL", "postgresql://a:b@c/d", "store", "url", "postgresql://a:b@c/d"),
        ("SERVE__HOSTNAME", "123", "serve", "hostname", "123"),
    ],
)
def test_texts_are_converted(name: str, text: str, section: str, key: str, expected: object) -> None:
    assert getattr(getattr(load({f"SKRYTKA_{name}": text}), section), key) == expected


def test_texts_of_a_front_end_are_converted() -> None:
    environ = {
        "SKRYTKA_IMAP__PROXY_PROTOCOL": "listen,listen_tls",
        "SKRYTKA_IMAP__TRUSTED_NETWORKS": "10.0.0.0/8, 2001:db8::/32",
        "SKRYTKA_IMAP__LISTEN": "[::1]:143",
        "SKRYTKA_IMAP__NAMES": '{"a": 1}',
    }
    section = imap(load(environ))
    assert section.proxy_protocol == ("listen", "listen_tls")
    assert section.trusted_networks == ("10.0.0.0/8", "2001:db8::/32")
    assert section.listen == "[::1]:143"
    assert section.names == {"a": 1}


def test_other_names_of_the_environment_are_ignored() -> None:
    environ = {
        "SKRYTKA_PORT_8080_TCP": "tcp://10.0.0.1:8080",
        "SKRYTKA_BOOTSTRAP_KEY": "secret",
        "SKRYTKA_TEST_CORPUS": "/corpus",
        "SKRYTKA_IMAP_SERVICE_HOST": "10.0.0.1",
        "OTHER__WORKERS": "5",
    }
    assert load(environ) == load({})


def test_the_data_directory_of_the_command_line_wins() -> None:
    environ = {"SKRYTKA_DATA_DIR": "/from/environment"}
    assert load(environ).data_dir == "/from/environment"
    assert settings_loading.load(None, environ, SECTIONS, "/from/option").data_dir == "/from/option"


def test_sections_of_plugins_that_are_not_loaded_are_let_through() -> None:
    sources = settings_loading.read(None, {"SKRYTKA_POP3__LISTEN": "127.0.0.1:110"})
    assert "pop3" not in settings_loading.build(sources, SECTIONS, unused=("pop3",)).front_ends
    with pytest.raises(SettingsError, match=r"^pop3: there is no such section"):
        settings_loading.build(sources, SECTIONS)


def test_plugin_names_come_before_their_sections_are_known() -> None:
    sources = settings_loading.read(None, {"SKRYTKA_SERVE__PLUGINS": "imap,x", "SKRYTKA_X__Y": "1"})
    assert settings_loading.plugin_names(sources) == ("imap", "x")
    assert settings_loading.plugin_names(settings_loading.with_plugins(sources, "rest")) == ("rest",)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {"SKRYTKA_IMAP__LISTN": "x"},
            "imap.listn: there is no such setting, did you mean listen? (the environment's SKRYTKA_IMAP__LISTN)",
        ),
        (
            {"SKRYTKA_IMPA__LISTEN": "x"},
            "impa: there is no such section, did you mean imap? (the environment's SKRYTKA_IMPA__LISTEN)",
        ),
        (
            {"SKRYTKA_SERVE__WORKERS": "many"},
            "serve.workers: Expected `int`, got `str` (the environment's SKRYTKA_SERVE__WORKERS)",
        ),
        (
            {"SKRYTKA_SERVE__WORKERS": "-1"},
            "serve.workers: Expected `int` >= 0 (the environment's SKRYTKA_SERVE__WORKERS)",
        ),
        (
            {"SKRYTKA_LOG__FORMAT": "xml"},
            "log.format: Invalid enum value 'xml' (the environment's SKRYTKA_LOG__FORMAT)",
        ),
        ({"SKRYTKA_IMAP__LISTEN": "1143"}, "imap.listen: '1143' is neither host:port nor [IPv6]:port"),
        ({"SKRYTKA_IMAP__LISTEN": "::1:1143"}, "imap.listen: '::1:1143' is neither host:port nor [IPv6]:port"),
        ({"SKRYTKA_REST__LISTEN": "a:65536"}, "rest.listen: 'a:65536' is neither host:port nor [IPv6]:port"),
        (
            {"SKRYTKA_REST__LISTEN": "127.0.0.1:1143"},
            "rest.listen: 127.0.0.1:1143 is the address of imap.listen too",
        ),
        (
            {"SKRYTKA_IMAP__TRUSTED_NETWORKS": "10.0.0.0/99"},
            "imap.trusted_networks: '10.0.0.0/99' does not appear to be an IPv4 or IPv6 network",
        ),
        (
            {"SKRYTKA_AUTH__UNCOUNTED_NETWORKS": "webmail"},
            "auth.uncounted_networks: 'webmail' does not appear to be an IPv4 or IPv6 network",
        ),
        (
            {"SKRYTKA_IMAP__PROXY_PROTOCOL": "listen"},
            "imap.proxy_protocol: needs imap.trusted_networks, from where it is believed",
        ),
        (
            {"SKRYTKA_IMAP__IDLE_TIMEOUT_S": "inf"},
            "imap.idle_timeout_s: must be a finite number (the environment's SKRYTKA_IMAP__IDLE_TIMEOUT_S)",
        ),
        (
            {"SKRYTKA_SERVE__DRAIN_TIMEOUT_S": "nan"},
            "serve.drain_timeout_s: Expected `float` > 0.0 (the environment's SKRYTKA_SERVE__DRAIN_TIMEOUT_S)",
        ),
        (
            {"SKRYTKA_LIMITS__DEFAULT_QUOTA_OCTETS": "-5"},
            "limits.default_quota_octets: Expected `int` >= 0 (the environment's SKRYTKA_LIMITS__DEFAULT_QUOTA_OCTETS)",
        ),
        ({"SKRYTKA_CONFIG": "/nowhere.toml"}, "--config: /nowhere.toml cannot be read: No such file or directory"),
    ],
)
def test_a_fault_is_one_line_that_names_the_key(environ: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(environ)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[serve]\nworkers = '3'\n", "serve.workers: Expected `int`, got `str` (FILE)"),
        ("[serve]\nplugins = 'imap'\n", "serve.plugins: Expected `array`, got `str` (FILE)"),
        ("workers = 3\n", "workers: there is no such key outside of a section (in FILE)"),
        ("data_dir = 3\n", "data_dir: must be a text (in FILE)"),
        ("[serve\n", "--config: FILE is no TOML: Expected ']' at the end of a table declaration (at line 1, column 7)"),
    ],
)
def test_a_fault_in_the_file_names_the_file(tmp_path: Path, toml: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({}, toml, tmp_path)
    assert str(caught.value) == message.replace("FILE", str(tmp_path / "skrytka.toml"))


KEYS = {"SKRYTKA_OAUTH__JWKS_URL": "https://id.example.org/jwks"}


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (KEYS, "oauth.issuer: oauth.jwks_url needs it"),
        ({**KEYS, "SKRYTKA_OAUTH__ISSUER": "https://id.example.org"}, "oauth.audience: oauth.jwks_url needs it"),
        *(
            (
                {f"SKRYTKA_OAUTH__{key.upper()}": url},
                f"oauth.{key}: Expected `str` matching regex ",
            )
            for key in ("jwks_url", "introspection_url")
            for url in (
                "http://id.example.org/",
                "http://127.0.0.1.example.org/",
                "http://localhost@example.org/",
                "jwks",
            )
        ),
    ],
)
def test_what_is_believed_of_an_issuer_comes_safely(environ: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load(environ)


@pytest.mark.parametrize("url", ["https://id.example.org", "http://[::1]:8081/introspect", "http://localhost/?a"])
def test_an_issuer_is_asked_over_https_or_on_the_loopback(url: str) -> None:
    assert load({"SKRYTKA_OAUTH__INTROSPECTION_URL": url}).oauth.introspection_url == url


def test_every_section_of_the_core_is_known() -> None:
    others = {field.name for field in msgspec.structs.fields(Settings)} - set(settings_loading.core_sections())
    assert others == {"data_dir", "front_ends"}
