"""The header that SCRAM and OAUTHBEARER begin with (RFC 5801 section 4)."""

from __future__ import annotations

# saslname       = 1*(value-safe-char / "=2C" / "=3D")     value-safe-char: UTF-8 without NUL, "=" and ","
# gs2-header     = gs2-cbind-flag "," [authzid] ","
# gs2-cbind-flag = ("p=" cb-name) / "n" / "y"
# authzid        = "a=" saslname
SASLNAME = r"(?:[^\0=,]|=2C|=3D)+"
HEADER = rf"(?P<header>(?:(?P<flag>[ny])|p=(?P<binding>[A-Za-z0-9.-]+)),(?:a=(?P<authzid>{SASLNAME}))?,)"


def saslname(escaped: str | None) -> str:
    """The name without its escapes; empty where there is none."""
    return (escaped or "").replace("=2C", ",").replace("=3D", "=")
