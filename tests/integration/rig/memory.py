"""The helpers of a run, and what is in the memory of a process (as root)."""
import contextlib
import pathlib
import time

PIECE = 1 << 20


def _children(pid, role):
    for child in pathlib.Path(f'/proc/{pid}/task/{pid}/children').read_text().split():
        with contextlib.suppress(OSError):
            line = pathlib.Path(f'/proc/{child}/cmdline').read_bytes().split(b'\0')
            if f'--{role}'.encode() in line:
                yield int(child)


def helper(pid, role):
    """The one process of that role that `pid` has started. Asked again for a while: the kernel's
    list is not exact while one of them comes or goes (proc_pid_task_tid_children(5))."""
    deadline = time.monotonic() + 10
    while len(found := list(_children(pid, role))) != 1:
        if time.monotonic() > deadline:
            raise AssertionError(f'{len(found)} processes are a {role}')
        time.sleep(0.1)
    return found[0]


def _areas(pid):
    for line in pathlib.Path(f'/proc/{pid}/maps').read_text().splitlines():
        area, *_, name = (line + ' ').split(' ')[:1] + [line.rpartition(' ')[2]]
        if not name.startswith('[v'):  # vvar, vdso, vsyscall: the kernel's
            yield [int(end, 16) for end in area.split('-')]


def find(pid, secrets):
    """Those names of `secrets` (name: byte strings) of which one is in any part of its memory;
    what is guarded against reading by libsodium counts, too."""
    longest = max(len(form) for forms in secrets.values() for form in forms)
    found, read = set(), 0
    with open(f'/proc/{pid}/mem', 'rb', buffering=0) as memory:
        for start, end in _areas(pid):
            tail = b''
            for at in range(start, end, PIECE):
                try:
                    memory.seek(at)
                    piece = tail + memory.read(min(PIECE, end - at))
                except (OSError, ValueError, OverflowError):
                    break
                read += len(piece)
                found |= {n for n, forms in secrets.items() if any(f in piece for f in forms)}
                tail = piece[-longest:]
    if read < PIECE:
        raise AssertionError(f'read only {read} bytes of process {pid}')
    return found
