"""System calls of Linux that a tested program is refused: name -> number on x86-64 and on ARM64 (asm/unistd.h)."""

from __future__ import annotations

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""The kernel's name (AUDIT_ARCH) of each machine, in the order of the columns below."""
CLONE = (56, 220)
"""Refused unless it starts a thread."""
CLONE3 = (435, 435)
"""Said not to exist; the C library then uses clone."""
NONE = -1
"""The machine has no such call."""
REFUSED = {
    "fork": (57, NONE),
    "vfork": (58, NONE),
    "execve": (59, 221),
    "execveat": (322, 281),
    "socket": (41, 198),
    "connect": (42, 203),
    "accept": (43, 202),
    "bind": (49, 200),
    "listen": (50, 201),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "setrlimit": (160, 164),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "reboot": (169, 142),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "perf_event_open": (298, 241),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "memfd_create": (319, 279),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
}


def of(machine: str) -> tuple[int, int, int, list[int]]:
    """The kernel's name of a machine, its clone, clone3, and the calls refused. Raises KeyError for another machine."""
    column = list(MACHINES).index(machine) if machine in MACHINES else None
    if column is None:
        raise KeyError(machine)
    refused = [numbers[column] for numbers in REFUSED.values() if numbers[column] != NONE]
    return MACHINES[machine], CLONE[column], CLONE3[column], refused
