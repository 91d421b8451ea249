"""The helpers of a run, and what is in the memory of a process (as root)."""
import contextlib
import pathlib

PIECE = 1 << 20


def helpers(pid, role):
    """The processes of one role that `pid` has started."""
    found = []
    for child in pathlib.Path(f'/proc/{pid}/task/{pid}/children').read_text().split():
        with contextlib.suppress(OSError):
            line = pathlib.Path(f'/proc/{child}/cmdline').read_bytes().split(b'\0')
            if f'--{role}'.encode() in line:
                found.append(int(child))
    return found


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
