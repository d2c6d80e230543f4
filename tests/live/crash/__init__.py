"""What is left after a crash: of the processes (``test_kill.py``) and of the machine's power (``test_power_cut.py``).

Both play the same clients (``play/``), who write every change into a ``Ledger`` before they ask for it and once it is
acknowledged. After the crash the mailboxes are read again (``looking.py``) and held against the ledger (``judging.py``):

- what was acknowledged is there exactly once, with its flags and its octets;
- what was asked for and not answered happened wholly or not at all; a COPY, MOVE or REPLACE into another's mailbox may have left
  copies, and has lost nothing;
- metadata and rights are what was acknowledged, or what was asked for since;
- a folder's UIDVALIDITY, UIDs and modseqs go on from where they were (``history.py``);
- counters say what is there, and ``skrytka check`` finds nothing.

Every choice comes from a seed, which a failure prints: ``make crash ROUNDS=n SEED=s``. The clients' choices are repeated then;
how their commands interleave is the scheduler's.
"""
