"""Become another program that cannot outlive its parent.

Run as a script, by path: `python -I -S launch.py PARENT SIGNAL UID:GID|- PROGRAM [ARGUMENT…]`.
It drops to the given user (when one is given), asks the kernel to send SIGNAL when the parent
process dies, however it dies, and then replaces itself with PROGRAM. It uses the standard
library only, so it starts in some 20 ms.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
FIRST_PROGRAM_ARGUMENT = 4


def drop_to(uid: int, gid: int) -> None:
    os.setgroups([gid])
    os.setgid(gid)
    os.setuid(uid)


def end_with_parent(parent: int, death_signal: int) -> None:
    """Ask for `death_signal` at the parent's death; leave at once when it is dead already."""
    if sys.platform == "linux":
        # After setuid: the kernel forgets the request when the credentials change.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(0)


def main(arguments: list[str]) -> None:
    parent, death_signal, identity, program = arguments[:FIRST_PROGRAM_ARGUMENT]
    if identity != "-":
        uid, gid = identity.split(":")
        drop_to(int(uid), int(gid))
    end_with_parent(int(parent), int(death_signal))
    os.execv(program, [program, *arguments[FIRST_PROGRAM_ARGUMENT:]])  # noqa: S606 (no shell is the aim)


if __name__ == "__main__":
    main(sys.argv[1:])
