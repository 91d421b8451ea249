"""The simulated fleet (tests/fleetsim), in a network namespace of this process.

    enter_network()                  # rig.sshd's; once, before threads
    sim = FleetSim(folder, rules=['127.1.0.0/24=hang:auth'])
    sim.start()
    fleet.write('known_hosts', sim.known_hosts(hosts))
    fleet.write_config(sim.clients(hosts))
    ... sim.rules(['...'])           # other faults from now on, what lies on the hosts stays
    print(sim.stop())                # what it did, and its CPU time
    sim.ledger()                     # rig.ledger
"""
import ipaddress
import os
import signal
import subprocess

from rig.fleet import BUILD
from rig.ledger import Ledger
from rig.sshd import keygen

FLEETSIM = os.environ.get('FLEETSIM') or os.path.join(BUILD, 'tests', 'fleetsim', 'fleetsim')
FIRST = '127.1.0.1'
# What comes of a host that hangs, (outcome, stage), by the moment at which it does: one that has no
# probe yet, and one that has. The first says when the probe begins.
HANGS = {
    'accept': ('timeout', 'handshake'),
    'banner': ('deadline', 'handshake'),
    'kex': ('deadline', 'handshake'),
    'service': ('deadline', 'handshake'),
    'auth': ('deadline', 'auth'),
    'open': ('deadline', 'exec'),
    'exec': ('deadline', 'exec'),
    'upload': ('deadline', 'upload'),
    'request': ('deadline', 'run'),
    'sealed': ('deadline', 'run'),
    'header': ('deadline', 'run'),
    'frame': ('deadline', 'transfer'),
    'trailer': ('deadline', 'transfer'),
    'ack': ('ok', ''),
    'acked': ('ok', ''),
    'close': ('ok', ''),
}
WARM_HANGS = {**HANGS, **dict.fromkeys(('request', 'sealed', 'header'), ('deadline', 'exec'))}


def hosts(count, first=FIRST):
    """So many addresses in a row."""
    start = int(ipaddress.IPv4Address(first))
    return [str(ipaddress.IPv4Address(start + i)) for i in range(count)]


class FleetSim:
    """cold: no host has a probe at first. forced: they run it whatever the command is.
    password: lets in, too. workers: processes. It ends with this process, and after `seconds`."""

    def __init__(self, folder, *, rules=(), cold=False, forced=False, password=None, workers=2,
                 seed=1, port=0, seconds=900):
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.key = os.path.join(self.folder, 'id')
        self.host_key = os.path.join(self.folder, 'host_key')
        for path in (self.key, self.host_key):
            if not os.path.exists(path):
                keygen(path)
        self.rules_file = os.path.join(self.folder, 'rules')
        self.options = ['-k', self.host_key, '-a', self.key + '.pub', '-r', self.rules_file,
                        '-l', self.folder, '-w', str(workers), '-s', str(seed),
                        '-t', str(seconds), *(['-c'] if cold else []), *(['-F'] if forced else []),
                        *(['-P', password] if password else [])]
        self.password, self.port, self.process = password, port, None
        self._write_rules(rules)

    def _write_rules(self, rules):
        with open(self.rules_file, 'w', encoding='utf-8') as f:
            f.writelines(rule + '\n' for rule in rules)

    def _line(self, wanted):
        line = self.process.stdout.readline()
        if not line.startswith(wanted):
            self.process.kill()
            raise RuntimeError(f'fleetsim: {line}{self.process.communicate()[1]}')
        return line

    def start(self):
        self.process = subprocess.Popen(
            [FLEETSIM, *self.options, '-p', str(self.port)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.port = int(self._line('ready ').split()[1])
        return self

    def rules(self, rules):
        """Returns when they are in force."""
        self._write_rules(rules)
        self.process.send_signal(signal.SIGHUP)
        self._line('rules')

    def foretell(self, count, first=FIRST):
        """{address: 'fault:moment'} at its first visit; 'ok:' without one."""
        said = subprocess.run([FLEETSIM, *self.options, '-n', f'{first}:{count}'],
                              capture_output=True, text=True, check=True)
        return dict(line.split(' ') for line in said.stdout.splitlines())

    def foretell_hangs(self, count, first=FIRST):
        """{address: (outcome, stage)} of hosts that hang by the rules."""
        table = HANGS if '-c' in self.options else WARM_HANGS
        return {address: table[fault.removeprefix('hang:')]
                for address, fault in self.foretell(count, first).items()}

    def stop(self):
        """Returns its last line."""
        if self.process is None:
            return ''
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=60)
        status, self.process = self.process.returncode, None
        if status or err:
            raise RuntimeError(f'fleetsim ended with {status}\n{out}{err}')
        return out.strip()

    __enter__ = start

    def __exit__(self, *unused):
        self.stop()

    # ---- the collector's side

    def public_key(self):
        with open(self.host_key + '.pub', encoding='utf-8') as f:
            return ' '.join(f.read().split()[:2])

    def known_hosts(self, addresses):
        key = self.public_key()
        return ''.join(f'[{a}]:{self.port} {key}\n' for a in addresses)

    def clients(self, addresses, more='', each=''):
        """A group of clients, each named after its address. more: attributes and elements of
        the group's tag; each: of every client's."""
        login = f'password="{self.password}"' if self.password else f'identity="{self.key}"'
        rows = ''.join(f'<client ip="{a}" {each}/>\n' for a in addresses)
        return (f'<group name="sim" port="{self.port}" username="monitor" {login} {more}>\n'
                f'{rows}</group>')

    def ledger(self, numbers_of=None):
        return Ledger(self.folder, numbers_of)
