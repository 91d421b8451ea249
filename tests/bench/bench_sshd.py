#!/usr/bin/env python3
"""The collector over 200 addresses of one real sshd, beside the floor and beside its peers. All
run the same command on the far side, the probe is there already, and all measure their own CPU
time: sshd's is not among it. In a network namespace of its own, over loopback."""
import functools
import os
import shutil
import subprocess
import sys

import bench
from rig.fleet import PROGRAMS, Fleet
from rig.sshd import Sshd, keygen

HOSTS = 200
SESSIONS = 64
PORT = 2222
FIRST = '127.16.0.1'
EX_UNAVAILABLE = 69
PYTHON = '/usr/bin/python3'  # whose packages are Debian's
PARAMIKO = '''\
import concurrent.futures, sys, paramiko
host_key, key_file, port, user, command, sessions, *hosts = sys.argv[1:]
key = paramiko.Ed25519Key.from_private_key_file(key_file)
def one(host):
    c = paramiko.SSHClient()
    c.load_host_keys(host_key)
    c.connect(host, int(port), user, pkey=key, look_for_keys=False, allow_agent=False,
              timeout=60, banner_timeout=60, auth_timeout=60)
    i, o, _ = c.exec_command(command)
    i.channel.shutdown_write()
    answer = o.read()
    c.close()
    return b'fleet1 done' in answer
with concurrent.futures.ThreadPoolExecutor(int(sessions)) as pool:
    print('ok=%d' % sum(pool.map(one, hosts)))
'''


def hosts():
    return [f'127.16.0.{i}' for i in range(1, HOSTS + 1)]


def remote_command():
    """What the collector runs on a client, with the other half of the talk before it, so that who
    only sends a command and reads its output has the same done: a request, and at once the
    acknowledgement of the report. Each address has a folder of its own, as clients have."""
    program = os.path.join(bench.BUILD, 'tests', 'integration', 'remote_command')
    probe = PROGRAMS['probe']
    digest = subprocess.run([probe, '--hash'], capture_output=True, text=True, check=True,
                            stdin=subprocess.DEVNULL).stdout.strip()
    script = subprocess.run([program, 'run', os.uname().machine, digest], capture_output=True,
                            text=True, check=True).stdout.strip()
    request = (f'fleet1 request id={1:016x} nonce={1:032x} key={9:064x} keyid=$k open=$k '
               f'probe={digest} keep=0 files=64 bytes=4194304')
    return ('cat >/dev/null; set -- $SSH_CONNECTION; k=$(printf %016x ${3##*.}); '
            f'{{ echo "{request}"; echo "fleet1 ack 0"; }} | {script}')


class Lab:
    def __init__(self, folder):
        self.folder = folder
        self.key = keygen(os.path.join(folder, 'id'))
        self.sshd = Sshd(os.path.join(folder, 'sshd'), authorized=[self.key + '.pub'],
                         addresses=['0.0.0.0'], port=PORT, host_keys=('ed25519',),
                         options={'MaxStartups': '4000:30:4000', 'LogLevel': 'ERROR'})
        self.command = remote_command()
        self.known = os.path.join(folder, 'known_hosts')
        with open(self.known, 'w', encoding='ascii') as f:
            f.writelines(f'[{h}]:{PORT} {self.sshd.public_key()}\n' for h in hosts())
        self.whole = self._fleet('whole')
        self.poll = self._fleet('poll')

    def _fleet(self, name):
        fleet = Fleet(os.path.join(self.folder, name))
        shutil.copy(self.known, fleet.path('known_hosts'))
        clients = '\n'.join(f'<client name="h{i}" ip="{ip}"/>' for i, ip in enumerate(hosts()))
        fleet.write_config(f'''\
<collector sessions="{SESSIONS}" connects="{SESSIONS}" deadline="10m"/>
<group name="lab" username="{self.sshd.user}" identity="{self.key}" port="{PORT}" timeout="5m">
{clients}
</group>''')
        return fleet

    def floor(self):
        cost = bench.run([bench.program('l2loop'), '-k', self.key, '-H',
                          f'{self.sshd.host_keys["ed25519"]}.pub', '-n', str(HOSTS), '-c',
                          str(SESSIONS), '-p', str(PORT), '-u', self.sshd.user, '-a', FIRST, '-e',
                          self.command])
        return cost

    def poll_only(self):
        """The database is away, so what was fetched stays in the spool, sealed; a run with one
        client then takes it away, not measured."""
        with bench.without_database(self.poll.database):
            cost = bench.run(self.poll.command('collector'), env={}, statuses=(EX_UNAVAILABLE,))
        frames = self.poll.frames()
        if len(frames) != HOSTS:
            sys.exit(f'{len(frames)} of {HOSTS} hosts were polled\n{cost.err}')
        bench.run(self.poll.command('collector', '--client', 'h0'), env={})
        return cost

    def everything(self):
        before = self._stored()
        cost = bench.run(self.whole.command('collector'), env={})
        if self._stored() - before != HOSTS:
            sys.exit(f'{self._stored() - before} of {HOSTS} hosts were stored\n{cost.err}')
        return cost

    def _stored(self):
        if not os.path.exists(self.whole.database):
            return 0
        return self.whole.rows("SELECT count(*) FROM sample WHERE outcome = 'ok'")[0][0]

    def readings(self):
        """Of a sample, on average."""
        return self.whole.rows('SELECT count(*) FROM reading WHERE sample_id IN '
                               '(SELECT newest_id FROM client)')[0][0] / HOSTS

    # ---- peers

    def _listed(self):
        listed = os.path.join(self.folder, 'hosts')
        with open(listed, 'w', encoding='ascii') as f:
            f.write('\n'.join(hosts()) + '\n')
        return listed

    def _options(self):
        return ['-F', 'none', '-i', self.key, '-p', str(PORT), '-o', 'BatchMode=yes', '-o',
                'UserKnownHostsFile=' + self.known]

    def _peer(self, command, **more):
        cost = bench.run(command, env={'PATH': '/usr/bin:/bin', 'HOME': self.folder, **more})
        return self._answered(cost, cost.out.count('fleet1 done'))

    def openssh(self, *options):
        return self._peer(['xargs', '-a', self._listed(), '-P', str(SESSIONS), '-I{}', 'ssh',
                           *self._options(), *options, self.sshd.user + '@{}', self.command])

    def clush(self):
        return self._peer(['clush', '-q', '-f', str(SESSIONS), '-l', self.sshd.user, '-o',
                           ' '.join(self._options()), '-w', ','.join(hosts()), self.command])

    def parallel_ssh(self):
        return self._peer(['parallel-ssh', '-p', str(SESSIONS), '-l', self.sshd.user, '-t', '600',
                           '-h', self._listed(), '-x', ' '.join(self._options()), '-i',
                           self.command])

    def ansible(self):
        """Its raw command has a terminal, which has no end."""
        return self._peer(['ansible', 'all', '-i', ','.join(hosts()), '-f', str(SESSIONS), '-u',
                           self.sshd.user, '-m', 'raw', '-a', f'{{ {self.command}; }} </dev/null'],
                          ANSIBLE_SSH_ARGS=' '.join(self._options()))

    def paramiko(self):
        cost = bench.run([PYTHON, '-c', PARAMIKO, self.known, self.key, str(PORT),
                          self.sshd.user, self.command, str(SESSIONS), *hosts()])
        return self._answered(cost, int(cost.out.partition('ok=')[2] or 0))

    @staticmethod
    def _answered(cost, answers):
        if answers != HOSTS:
            sys.exit(f'{answers} of {HOSTS} hosts answered\n{cost.err[-2000:]}')
        return cost


# Name, the call that costs, how many times as much it has to cost, what shows that it is there.
PEERS = [
    ('openssh curve25519', lambda lab: lab.openssh('-o', 'KexAlgorithms=curve25519-sha256'), 9,
     ['ssh', '-V']),
    ('openssh', Lab.openssh, 60, ['ssh', '-V']),
    ('paramiko', Lab.paramiko, 5, [PYTHON, '-c', 'import paramiko']),
    ('clush', Lab.clush, None, ['clush', '--version']),
    ('parallel-ssh', Lab.parallel_ssh, None, ['parallel-ssh', '--version']),
    ('ansible', Lab.ansible, None, ['ansible', '--version']),
]


def is_there(command):
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def tell_cold(lab):
    """Nothing is on the clients yet: every host takes an upload."""
    cost = lab.everything()
    print(f'cold, with {HOSTS} uploads: {1000 * cost.cpu / HOSTS:.3f} ms of CPU a host, '
          f'{cost.wall:.1f} s in all')
    lab.everything()  # makes the series of rates
    bench.run(lab.poll.command('collector'), env={})
    print(f'{lab.readings():.0f} readings a sample')


def measure(lab, peers):
    sides = {'l2loop': lab.floor, 'poll': lab.poll_only, 'everything': lab.everything}
    for name, call, _, shown in PEERS * peers:
        if is_there(shown):
            sides[name] = functools.partial(call, lab)
    return bench.interleave(sides)


def report(costs, peers):
    table = bench.Table()
    cpu = {name: bench.numbers(c, 'cpu', 1000 / HOSTS) for name, c in costs.items()}
    wall = {name: bench.numbers(c, 'wall') for name, c in costs.items()}
    unit = 'ms a host'
    table.row('CPU, poll to the spool : l2loop', cpu['poll'], cpu['l2loop'], unit, most=1.4)
    table.row('CPU, everything : l2loop', cpu['everything'], cpu['l2loop'], unit, most=1.8)
    table.row(f'wall, {HOSTS} hosts : l2loop', wall['everything'], wall['l2loop'], 's', most=1.1)
    for name, _, least, _ in PEERS * peers:
        if name in cpu:
            table.row(f'CPU, {name} : everything', cpu['everything'], cpu[name], unit,
                      least=least, cheaper=True)
        else:
            table.skip(f'CPU, {name} : everything', 'it is not installed')
    table.finish()


def main():
    peers = sys.argv[1:] == ['peers']
    bench.enter_network()
    folder = bench.work_folder('sshd')
    try:
        lab = Lab(folder)
        with lab.sshd:
            tell_cold(lab)
            costs = measure(lab, peers)
        report(costs, peers)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
