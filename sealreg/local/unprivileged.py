"""Run a program as an ordinary user (降权运行): PostgreSQL refuses to run as root.

Executed as `python -m sealreg.local.unprivileged UID GID PROGRAM ARG…`. The new process keeps one capability, reading
past folder permissions, so that a checkout under root's own folders works and nothing outside .local/ is changed.
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import sys

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
_CAPABILITY_VERSION_3 = 0x20080522


def _keep_reading() -> None:
    """Keep the weakest capability the machine grants that still lets the program reach its own files."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        bit = 1 << capability
        header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
        data = struct.pack("=IIIIII", bit, bit, bit, 0, 0, 0)
        if libc.capset(header, data) == 0 and libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0:
            return


def main() -> None:
    uid, gid, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    _keep_reading()
    # Changing the user cleared what the parent arranged: PostgreSQL must stop when its supervisor is gone.
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
    os.execv(program, sys.argv[3:])  # noqa: S606


if __name__ == "__main__":
    main()
