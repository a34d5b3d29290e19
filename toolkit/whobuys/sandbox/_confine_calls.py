"""Calls of the Linux kernel that Python has no name for: mounts, Landlock, seccomp, capabilities.

Standard library only, and no import of `whobuys`: it is loaded by file in a hand-in's process.
"""

# One import less in each process that is confined:
# ruff: noqa: PTH112, PTH123

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import socket
import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x00020000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
NEW_ANY = 0x7E020080
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 2, 4, 8, 0x4000, 0x40000
READ_ONLY, NO_SUID, NO_DEV, NO_EXEC = 1, 2, 4, 8
_AT_FDCWD, _AT_RECURSIVE, _AT_EMPTY_PATH = -100, 0x8000, 0x1000
_PDEATHSIG, _DUMPABLE, _SECCOMP, _CAPBSET_DROP, _SUBREAPER, _NO_NEW_PRIVS = 1, 4, 22, 24, 36, 38

_libc = ctypes.CDLL(None, use_errno=True)

# Numbers that are the same on every processor.
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_ENTER = 444, 445, 446
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CAPSET = {"x86_64": 126, "aarch64": 91}


def call(name: str, *arguments: int | bytes | None) -> int:
    """Call a function of the C library; raise OSError if it fails."""
    return _checked(getattr(_libc, name)(*map(_wide, arguments)), name)


def system_call(number: int, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Call the kernel by number; raise OSError if it fails."""
    return _checked(_libc.syscall(ctypes.c_long(number), *map(_wide, arguments)), str(number))


def _wide(argument: object) -> object:
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def die_with_parent() -> None:
    """Be killed when the parent ends, however it ends."""
    call("prctl", _PDEATHSIG, 9, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own."""
    call("prctl", _SUBREAPER, 1, 0, 0, 0)


def give_up_privileges() -> None:
    """Drop every capability and the means to get one back; stay readable to oneself."""
    call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)
    for capability in range(64):
        if _libc.prctl(_CAPBSET_DROP, ctypes.c_long(capability), 0, 0, 0) < 0:
            break
    header = struct.pack("II", 0x20080522, 0)
    system_call(_CAPSET[platform.machine()], header, struct.pack("6I", *[0] * 6))
    call("prctl", _DUMPABLE, 1, 0, 0, 0)


def become(user: int) -> None:
    """Become another user for good, with that one's group and no others."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    call("prctl", _DUMPABLE, 1, 0, 0, 0)


def own_users(user: int, group: int) -> None:
    """Write the maps of a user namespace just entered: oneself and nobody else."""
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def loopback_up() -> None:
    """Bring up `lo`, the only interface of a new network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(sock, 0x8913, request))[1]
        fcntl.ioctl(sock, 0x8914, struct.pack("16sH14x", b"lo", flags | 1))


# mounts ------------------------------------------------------------------------------------------


def mount(kind: str, target: str, flags: int = 0, data: str = "") -> None:
    """Mount a file system of the kernel itself: tmpfs, proc, devpts."""
    words = [word.encode() for word in (kind, target, data)]
    call("mount", words[0], words[1], words[0], flags, words[2] or None)


def private_mounts() -> None:
    """Keep what is mounted from here on to oneself."""
    call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)


def tree(path: str, attributes: int) -> int:
    """Take a copy of a file or folder, with all mounted below it, to be put up elsewhere."""
    flags = 1 | os.O_CLOEXEC | _AT_RECURSIVE
    file = system_call(_OPEN_TREE, _AT_FDCWD, os.fsencode(path), flags)
    wanted = struct.pack("4Q", attributes, 0, 0, 0)
    system_call(_MOUNT_SETATTR, file, b"", _AT_EMPTY_PATH | _AT_RECURSIVE, wanted, 32)
    return file


def put_up(file: int, target: str) -> None:
    """Put a copy taken by `tree` at its place, which must exist."""
    system_call(_MOVE_MOUNT, file, b"", _AT_FDCWD, os.fsencode(target), 4)
    os.close(file)


def make_root(folder: str) -> None:
    """Make a mounted folder the root; nothing outside it can be named any more."""
    os.chdir(folder)
    system_call(_PIVOT_ROOT[platform.machine()], b".", b".")
    call("umount2", b".", 2)
    os.chdir("/")


# Landlock ----------------------------------------------------------------------------------------

EXECUTE, WRITE, READ, LIST = 1, 2, 4, 8
_REMOVE_FILE, _MAKE_SOCK, _REFER, _TRUNCATE, _IOCTL = 1 << 5, 1 << 9, 1 << 13, 1 << 14, 1 << 15
_OF_A_FILE = EXECUTE | WRITE | READ | _TRUNCATE | _IOCTL
SEE = READ | LIST
SEE_AND_RUN = SEE | EXECUTE
DEVICE = READ | WRITE | _IOCTL
SOCKETS = SEE | _MAKE_SOCK | _REMOVE_FILE
EVERYTHING = (1 << 15) - 1 - (1 << 6) - (1 << 11)
_ALL = (1 << 16) - 1


def landlock_version() -> int:
    """Return which Landlock the kernel has; 0 if none."""
    with suppress(OSError):
        return system_call(_LANDLOCK_CREATE, None, 0, 1)
    return 0


def landlock(allowed: Iterable[tuple[str, int]], version: int, network: bool) -> None:
    """Allow this process and its children only what is listed; for good.

    Parameters
    ----------
    allowed : iterable of (path, rights)
        Paths that do not exist are left out.
    version : int
        From `landlock_version`.
    network : bool
        Whether TCP stays possible (in a network of one's own it may).
    """
    known = _ALL
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL)):
        known &= ~(right if version < since else 0)
    attributes = struct.pack("Q", known)
    if version >= 4:
        attributes += struct.pack("Q", 0 if network else 3)
    if version >= 6:
        attributes += struct.pack("Q", 3)
    rules = system_call(_LANDLOCK_CREATE, attributes, len(attributes), 0)
    for path, rights in allowed:
        try:
            file = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        folder = os.path.isdir(path)
        rights &= known if folder else known & _OF_A_FILE
        system_call(_LANDLOCK_ADD, rules, 1, struct.pack("=Qi", rights, file), 0)
        os.close(file)
    call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)
    system_call(_LANDLOCK_ENTER, rules, 1 if version >= 7 else 0)
    os.close(rules)


# seccomp -----------------------------------------------------------------------------------------

# name: number on x86_64, number on aarch64; -1 where it does not exist
_NUMBERS = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "process_mrelease": (448, 448), "perf_event_open": (298, 241), "bpf": (321, 280),
    "userfaultfd": (323, 282), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "unshare": (272, 97), "setns": (308, 268), "clone": (56, 220),
    "clone3": (435, 435), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "fanotify_init": (300, 262), "swapon": (167, 224),
    "swapoff": (168, 225), "reboot": (169, 142), "sethostname": (170, 161),
    "setdomainname": (171, 162), "iopl": (172, -1), "ioperm": (173, -1), "modify_ldt": (154, -1),
    "init_module": (175, 105), "delete_module": (176, 106), "finit_module": (313, 273),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "acct": (163, 89), "quotactl": (179, 60), "quotactl_fd": (443, 443), "syslog": (103, 116),
    "personality": (135, 92), "uselib": (134, -1), "vhangup": (153, 58),
    "lookup_dcookie": (212, 18), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194),
    "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180), "socket": (41, 198),
    "socketpair": (53, 199), "connect": (42, 203), "ioctl": (16, 29), "prlimit64": (302, 261),
    "setpriority": (141, 140), "ioprio_set": (251, 30), "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119), "sched_setaffinity": (203, 122), "sched_setattr": (314, 274),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_send_signal": (424, 424), "truncate": (76, 45),
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, -1), "fchown": (93, 55), "lchown": (94, -1), "fchownat": (260, 54),
    "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14),
    "lremovexattr": (198, 15), "fremovexattr": (199, 16), "setxattrat": (463, 463),
    "removexattrat": (466, 466), "file_setattr": (469, 469), "open_tree_attr": (467, 467),
    "fcntl": (72, 25), "shmat": (30, 196), "shmctl": (31, 195), "shmdt": (67, 197),
    "semop": (65, 193), "semtimedop": (220, 192), "semctl": (66, 191), "msgsnd": (69, 189),
    "msgrcv": (70, 188), "msgctl": (71, 187), "mq_unlink": (241, 181),
    "mq_timedsend": (242, 182), "mq_timedreceive": (243, 183), "mq_notify": (244, 184),
    "mq_getsetattr": (245, 185), "io_setup": (206, 0), "inotify_init": (253, -1),
    "inotify_init1": (294, 26), "inotify_add_watch": (254, 27), "symlink": (88, -1),
    "symlinkat": (266, 36),
}  # fmt: skip
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
#: Answered as by a kernel built without them.
_PARTS_NOT_HERE = ("shm", "sem", "msg", "mq_", "io_setup", "inotify_")
_NOT_HERE = (
    *("clone3", "memfd_create", "memfd_secret"),
    *(name for name in _NUMBERS if name.startswith(_PARTS_NOT_HERE)),
)
_BY_ARGUMENT = (
    *("clone", "socket", "socketpair", "connect", "ioctl", "fcntl", "prlimit64", "setpriority"),
    *("ioprio_set", "sched_setparam", "sched_setscheduler", "sched_setaffinity", "sched_setattr"),
)
_LINKS = ("symlink", "symlinkat")
#: F_SETOWN, F_SETSIG and F_SETOWN_EX send a signal to anybody; F_SETLEASE and F_NOTIFY hold up or
#: watch whoever opens a file that this one may only read.
_FILE_COMMANDS = (8, 10, 15, 1024, 1026)
_NEWER_FILE_COMMANDS = 1039  # F_GETDELEG, F_SETDELEG, and what may follow
#: Requests to terminals, sockets and pipes have one of these in their second byte; those to file
#: systems have others, and can change a file that is open for reading only.
_REQUESTS = (0x5400, 0x8900)
_FILE_CLONE = (0x40049409, 0x4020940D)  # FICLONE, FICLONERANGE: need a file open for writing
#: TIOCSTI and TIOCLINUX type into a terminal, TIOCSETD has the kernel load code for one; FIOSETOWN
#: and SIOCSPGRP are F_SETOWN again.
_NO_REQUEST = (0x5412, 0x541C, 0x5423, 0x8901, 0x8902)
_SIGNALS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal")
#: Landlock does not see these: they change a file of the same user by name, whatever is allowed.
_UNSEEN = tuple(
    name for name in _NUMBERS if "chmod" in name or "chown" in name or "utime" in name
) + tuple(name for name in _NUMBERS if "xattr" in name or name == "file_setattr")
_LOAD, _EQUAL, _ABOVE, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000

_Step = tuple[int, int, int, int]


def seccomp(apart: bool, scoped: bool, links: bool = True) -> None:
    """Refuse system calls no notebook needs; for good.

    Parameters
    ----------
    apart : bool
        Whether mounts, processes and network are this hand-in's own. If not, more is refused: any
        network, connecting to any Unix socket, changing owner, mode or time of any file.
    scoped : bool
        Whether signals cannot leave anyway. If not, only those to oneself are let through.
    links : bool
        Whether symbolic links may be made. They must not where one could be put into the folder of
        sockets (without Landlock): the runner, outside, would follow it.
    """
    machine = platform.machine()
    column = list(_AUDIT).index(machine)
    steps: list[_Step] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, _AUDIT[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
    ]
    if machine == "x86_64":
        steps += [(_ABOVE, 0, 1, 0x40000000), (_RETURN, 0, 0, _error(errno.ENOSYS))]
    plain = set(_NUMBERS) - {*_BY_ARGUMENT, *_SIGNALS, *_UNSEEN, "truncate"}
    plain -= {*_LINKS} if links else set()
    refused = {name: errno.ENOSYS if name in _NOT_HERE else errno.EPERM for name in plain}
    if not apart:
        refused |= {"connect": errno.ECONNREFUSED, "truncate": errno.EPERM}
        refused |= dict.fromkeys(_UNSEEN, 0)
        if not scoped:
            refused |= dict.fromkeys(("tkill", "pidfd_send_signal"), errno.EPERM)
    for name, code in refused.items():
        steps += _when(_NUMBERS[name][column], [(_RETURN, 0, 0, _error(code))])
    for name, block in _conditions(apart, scoped).items():
        steps += _when(_NUMBERS[name][column], block)
    steps.append((_RETURN, 0, 0, _ALLOW))
    filters = b"".join(struct.pack("HBBI", *step) for step in steps)
    program = ctypes.create_string_buffer(filters, len(filters))
    about = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(program))
    call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)
    call("prctl", _SECCOMP, 2, about, 0, 0)


def _conditions(apart: bool, scoped: bool) -> dict[str, list[_Step]]:
    """Return, for calls refused by their arguments, what to do in each."""
    families = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6) if apart else (socket.AF_UNIX,)
    kinds = (1, 2, 5) if apart else (1,)
    sockets: list[_Step] = [
        *_only(0, families, errno.EAFNOSUPPORT),
        *_only(1, kinds, errno.EPERM, mask=0xF),
        (_RETURN, 0, 0, _ALLOW),
    ]
    if apart:  # a list of the network's interfaces, its own: ZeroMQ wants to see `lo`
        routes = [*_only(2, (0,), errno.EPERM), (_RETURN, 0, 0, _ALLOW)]
        sockets = [(_LOAD, 0, 0, 16), *_when(16, routes), *sockets]
    no_other = [*_only(0, (0,), errno.EPERM), (_RETURN, 0, 0, _ALLOW)]
    ignored = [*_only(0, (0,), 0), (_RETURN, 0, 0, _ALLOW)]
    blocks = {
        "clone": [
            (_LOAD, 0, 0, 16),
            (_ANY_BIT, 0, 1, NEW_ANY),
            (_RETURN, 0, 0, _error(errno.EPERM)),
            (_RETURN, 0, 0, _ALLOW),
        ],
        "socket": sockets,
        "socketpair": sockets,
        "ioctl": [
            *_answer(1, _NO_REQUEST, _error(errno.EPERM)),
            *_answer(1, _FILE_CLONE, _ALLOW),
            *_only(1, _REQUESTS, errno.EPERM, mask=0xFF00),
            (_RETURN, 0, 0, _ALLOW),
        ],
        "fcntl": [
            *_answer(1, _FILE_COMMANDS, _error(errno.EPERM)),
            (_ABOVE, 0, 1, _NEWER_FILE_COMMANDS),
            (_RETURN, 0, 0, _error(errno.EINVAL)),
            (_RETURN, 0, 0, _ALLOW),
        ],
        "setpriority": [*_answer(0, (2,), _error(errno.EPERM)), (_RETURN, 0, 0, _ALLOW)],
        "ioprio_set": [*_answer(0, (3,), _error(errno.EPERM)), (_RETURN, 0, 0, _ALLOW)],
    }
    if not apart:
        # ZeroMQ asks for each of its threads by number: let it believe it was heard.
        blocks |= {name: ignored for name in _BY_ARGUMENT if name.startswith("sched_")}
        blocks["prlimit64"] = no_other
        for name in ("setpriority", "ioprio_set"):  # a whole user first, then whose it is
            blocks[name] = [*blocks[name][:-1], *_only(1, (0,), errno.EPERM), blocks[name][-1]]
    if not apart and not scoped:
        own = [*_only(0, (0, os.getpid()), errno.EPERM), (_RETURN, 0, 0, _ALLOW)]
        blocks |= dict.fromkeys(("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"), own)
    return blocks


def _when(number: int, block: Sequence[_Step]) -> list[_Step]:
    """Do a block, which must end in a return, if this is the call; else skip it."""
    return [] if number < 0 else [(_EQUAL, 0, len(block), number), *block]


def _only(argument: int, values: Sequence[int], code: int, mask: int = 0) -> list[_Step]:
    """Go on if the argument, or its bits under the mask, is one of the values; else refuse."""
    steps: list[_Step] = [(_LOAD, 0, 0, 16 + 8 * argument)]
    steps += [(_AND, 0, 0, mask)] if mask else []
    count = len(values)
    steps += [(_EQUAL, count - place, 0, value) for place, value in enumerate(values)]
    return [*steps, (_RETURN, 0, 0, _error(code))]


def _answer(argument: int, values: Sequence[int], verdict: int) -> list[_Step]:
    """Return this verdict if the argument is one of the values; else go on."""
    steps: list[_Step] = [(_LOAD, 0, 0, 16 + 8 * argument)]
    for value in values:
        steps += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, verdict)]
    return steps


def _error(number: int) -> int:
    return 0x00050000 | number
