"""Ten clients behind one real sshd, each with a home of its own, and the ledger of what each of
them sealed. Every way to log in and to come to a probe is there."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import time

from rig import servers
from rig.fleet import BUILD
from rig.sshd import Sshd, free_port, keygen

PROBE = os.path.join(BUILD, 'tests', 'torture', 'fleet-probe-ledger')
COUNT = 10
# Clients by number.
NAMED, LOCKED, AGENT, ACCEPT_NEW, DOWN, UPLOADED, WARM, ECDSA, BEHIND, CONFIGURED = range(1, 11)


class TenHosts:
    """`place`: no two at once have the same."""

    def __init__(self, folder, place):
        self.folder = pathlib.Path(folder)
        self.place = place
        self.addresses = {n: f'127.{place + 1}.0.{n}' for n in range(1, COUNT + 1)}
        self.addresses[NAMED] = '127.0.0.1'
        self.names = {**self.addresses, NAMED: 'localhost'}
        self.homes = {n: self.folder / 'homes' / str(n) for n in self.addresses}
        for home in self.homes.values():
            (home / 'ledger').mkdir(parents=True)
        self.probes = self.folder / 'probes'
        self.probes.mkdir()
        shutil.copy(PROBE, self.probes / 'fleet-probe')
        self.make_keys()
        self.sshd = Sshd(self.folder / 'sshd', addresses=self.addresses.values(), matches=''.join(
            f'Match LocalAddress {address}\n'
            f'  SetEnv HOME={self.homes[n]} XDG_CACHE_HOME={self.homes[n]}/.cache\n'
            for n, address in self.addresses.items()))
        self.authorize()

    def make_keys(self):
        kinds = {'ed25519': '', 'locked': 'open', 'ecdsa': '', 'shell': ''}
        self.keys = {
            name: keygen(self.folder / f'id_{name}', 'ecdsa' if name == 'ecdsa' else 'ed25519',
                         passphrase, '-a', '1') for name, passphrase in kinds.items()}

    def authorize(self):
        """All but one may run the probe only."""
        lines = ''
        for name, path in self.keys.items():
            options = '' if name == 'shell' else f'restrict,command="{self.probes}/fleet-probe" '
            lines += options + pathlib.Path(path + '.pub').read_text()
        (self.sshd.home / 'authorized_keys').write_text(lines)

    def __enter__(self):
        self.sshd.start()
        self.down_port = free_port()
        self.agent_path = str(self.folder / 'agent')
        self.agent = subprocess.Popen(
            servers.DIES_WITH_US + ['ssh-agent', '-D', '-a', self.agent_path],
            stdout=subprocess.DEVNULL)
        while not self.add_key():
            assert self.agent.poll() is None
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.agent.kill()
        self.agent.wait()
        self.sshd.stop()

    def add_key(self):
        """Whether the agent was there to take it."""
        return subprocess.run(['ssh-add', '-q', self.keys['ed25519']], capture_output=True,
                              env={**os.environ, 'SSH_AUTH_SOCK': self.agent_path},
                              check=False).returncode == 0

    def port(self, number):
        return self.down_port if number == DOWN else self.sshd.port

    def machine(self, number):
        """Attributes of a client: how it is come to and logged in to."""
        if number == CONFIGURED:
            return 'ip="ten" ssh-config="ssh_config"'
        login = {
            LOCKED: f'identity="{self.keys["locked"]}" passphrase-file="passphrase"',
            AGENT: f'identity="agent:{self.agent_path}"',
            ACCEPT_NEW: f'identity="{self.keys["ed25519"]}" host-key="accept-new"',
            UPLOADED: f'identity="{self.keys["shell"]}"',
            WARM: f'identity="{self.keys["shell"]}"',
            ECDSA: f'identity="{self.keys["ecdsa"]}"',
            BEHIND: f'identity="{self.keys["ed25519"]}" jump="gate"',
        }.get(number, f'identity="{self.keys["ed25519"]}"')
        return (f'ip="{self.names[number]}" port="{self.port(number)}"'
                f' username="{self.sshd.user}" {login}')

    def configure(self, fleet, storage=''):
        """As found by a first run that accepts a key; the other keys are recorded hashed."""
        fleet.write('passphrase', 'open\n')
        fleet.write('ssh_config', 'Include ssh_config_*\n')
        fleet.write('ssh_config_ten', f'Host ten\n  HostName {self.names[CONFIGURED]}\n'
                                      f'  Port {self.sshd.port}\n  User {self.sshd.user}\n'
                                      f'  IdentityFile {self.keys["ed25519"]}\n')
        known = fleet.write('known_hosts', ''.join(
            f'[{name}]:{self.port(n)} {self.sshd.public_key()}\n'
            for n, name in self.names.items() if n != ACCEPT_NEW))
        subprocess.run(['ssh-keygen', '-q', '-H', '-f', known], check=True, capture_output=True)
        os.unlink(known + '.old')
        machines = [f'<client name="host{n}" timeout="20s" {self.machine(n)}/>'
                    for n in self.names]
        gate = (f'<jump name="gate" ip="{self.names[WARM]}" port="{self.sshd.port}"'
                f' username="{self.sshd.user}" identity="{self.keys["shell"]}"/>')
        asks = ('<process name="sshd"/><file path="/etc/passwd"/><filesystems exclude="/none*"/>'
                '<metrics include="sensors sensor_*"/><alert type="sensor_celsius" limit="9"/>')
        fleet.write_config('\n'.join([
            storage, f'<collector probe-dir="{self.probes}" deadline="45s"/>', asks, gate, *machines]))

    def reset(self):
        """As at first, but that all clients save one have their probe."""
        for path in [*(self.folder / 'homes').rglob('*.sealed')]:
            path.unlink()
        shutil.rmtree(self.homes[UPLOADED] / '.cache', ignore_errors=True)

    def ledger(self):
        """{attempt id: (client, digest)} of everything sealed since reset()."""
        return {int(path.stem, 16): (f'host{n}', hashlib.blake2b(path.read_bytes(),
                                                                 digest_size=16).digest())
                for n, home in self.homes.items() for path in (home / 'ledger').iterdir()}

    def undelivered(self):
        return [str(path) for path in (self.folder / 'homes').rglob('*.sealed')
                if path.parent.name != 'ledger']
