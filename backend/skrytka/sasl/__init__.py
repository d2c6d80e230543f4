"""SASL (RFC 4422): one exchange of messages for every front end, which only frames and encodes them.

``mechanisms`` says what may be announced to a client, ``begin`` starts an exchange, ``Exchange`` goes on with it. A mechanism is
in ``mechanisms.py`` by its name; all of them let in by ``services.authentication``, and failures count as those of passwords.
"""

from skrytka.sasl.exchange import Exchange, Malformed
from skrytka.sasl.mechanisms import NotSecure, UnknownMechanism, begin, mechanisms
from skrytka.sasl.tokens import prepare

__all__ = ["Exchange", "Malformed", "NotSecure", "UnknownMechanism", "begin", "mechanisms", "prepare"]
