"""The file that fault.c shares with a test (fault.h), and the sites in it."""
import os
import re
import struct
import subprocess

HEADER = struct.Struct('=QIIII')  # struct fault_table without its sites
SITE = struct.Struct('=QQII16s48s6Q')
SITES_MAX = 16384
VARIABLE = 'FLEET_FAULTS'


def read_calls():
    """The rows of faults.def: [(kind, name)]."""
    with open(os.path.join(os.path.dirname(__file__), 'faults.def'), encoding='utf-8') as f:
        return re.findall(r'^(FAIL|MOVE|HAND)\((\w+)', f.read(), re.M)


CALLS = read_calls()
DOES_HALF = {name for kind, name in CALLS if kind == 'MOVE'} | {
    'mysql_real_query', 'mysql_stmt_execute', 'writev'}


class Site:
    """One call that can fail. `name` tells it in words once name_sites() was there."""

    def __init__(self, fields):
        self.key, self.hits, function, self.is_inside, role, place, *callers = fields
        self.function = CALLS[function][1]
        self.role, self.place = (b.rstrip(b'\0').decode() for b in (role, place))
        self.callers = [c for c in callers if c]
        self.name = f'{self.key:016x}'

    def ways(self):
        """How it can fail: (is_half, words)."""
        return [(0, 'fails')] + [(1, 'does half')] * (self.function in DOES_HALF)


class Table:
    def __init__(self, path):
        self.path = path
        self.env = {VARIABLE: path}

    def prepare(self, depth, target=0, is_half=0):
        with open(self.path, 'wb') as f:
            f.write(HEADER.pack(target, is_half, depth, 0, 0))
            f.truncate(HEADER.size + SITES_MAX * SITE.size)
        os.chmod(self.path, 0o666)  # pollers have an account of their own

    def count(self):
        """How often the target failed."""
        with open(self.path, 'rb') as f:
            return HEADER.unpack(f.read(HEADER.size))[3]

    def sites(self):
        with open(self.path, 'rb') as f:
            data = f.read()
        rows = [SITE.unpack_from(data, at) for at in range(HEADER.size, len(data), SITE.size)]
        return [Site(row) for row in rows if row[0]]


def name_sites(program, sites):
    """Of the sites in processes of that program: return addresses to lines of source; one less, to
    be within the call."""
    addresses = sorted({c for s in sites for c in s.callers})
    said = subprocess.run(['addr2line', '-s', '-e', program], check=True, text=True,
                          input=''.join(f'{a - 1:#x}\n' for a in addresses),
                          capture_output=True).stdout.splitlines()
    lines = {a: line.split(' ')[0] for a, line in zip(addresses, said)}
    for s in sites:
        chain = ' < '.join(lines[c] for c in s.callers)
        s.name = f'{s.role}: {s.function} in ' + ' < '.join(filter(None, (s.place, chain)))


def spread(items, count):
    """About `count` of them, evenly from the whole, the same ones each time."""
    count = min(count, len(items))
    return [items[i * len(items) // count] for i in range(count)]
