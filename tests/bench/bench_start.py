#!/usr/bin/env python3
"""How soon a run over ten thousand clients reaches the first of them, and what a run costs when
none is due, beside libxml2's bare parse and validation of the same file.
FLEET_BENCH_HOSTS says how many clients instead of 10,000."""
import glob
import os
import shutil
import socket
import subprocess
import sys
import time

import bench
from rig import fleetsim
from rig.fleet import Fleet
from rig.sshd import keygen

HOSTS = int(os.environ.get('FLEET_BENCH_HOSTS', '10000'))
# One a poller: what is done behind the first connection is not to count.
CONNECTS = 2
SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'lib', 'config',
                      'config.xsd')


class Lab:
    """The clients' addresses have one port in common; who connects there is told or refused."""

    def __init__(self, folder):
        self.fleet = Fleet(os.path.join(folder, 'fleet'))
        self.key = keygen(os.path.join(folder, 'id'))
        with socket.socket() as s:
            s.bind(('0.0.0.0', 0))
            self.port = s.getsockname()[1]
        with open(self.key + '.pub', encoding='ascii') as f:
            host_key = ' '.join(f.read().split()[:2])
        self.addresses = fleetsim.hosts(HOSTS)
        self.fleet.write('known_hosts', ''.join(
            f'[{a}]:{self.port} {host_key}\n' for a in self.addresses))
        self.configure('0')
        bench.run(self.fleet.command('collector'), env={})  # every one is refused
        bench.run(self.fleet.command('collector'), env={})

    def configure(self, every):
        clients = '\n'.join(f'<client name="host{i}" ip="{a}"/>'
                            for i, a in enumerate(self.addresses))
        self.fleet.write_config(f'''\
<collector connects="{CONNECTS}" deadline="10m"/>
<group name="all" port="{self.port}" username="monitor" identity="{self.key}" every="{every}">
<alert type="disk" limit="90%"/>
<alert type="memory" limit="90%"/>
{clients}
</group>''')

    def floor(self):
        return bench.run([bench.program('xmlfloor'), SCHEMA, self.fleet.config])

    def nothing_due(self):
        self.configure('50w')
        before = self.count()
        cost = bench.run(self.fleet.command('collector'), env={})
        if self.count() != before:
            sys.exit('somebody was due')
        return cost

    def count(self):
        return self.fleet.rows('SELECT count(*) FROM sample')[0][0]

    def first_connection(self):
        """The CPU time that all processes of the run had taken when somebody connected."""
        self.configure('0')
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(('0.0.0.0', self.port))
            listener.listen(1)
            listener.settimeout(60)
            begin = time.monotonic()
            with subprocess.Popen(self.fleet.command('collector'), env={}, cwd='/',
                                  stdin=subprocess.DEVNULL) as process:
                try:
                    listener.accept()[0].close()
                    wall = time.monotonic() - begin
                    pids = [process.pid, *bench.children(process.pid)]
                    cost = Seconds(wall, bench.cpu_seconds(pids))
                finally:
                    process.kill()  # those that poll go with it
        self.forget_run(pids)
        return cost

    def forget_run(self, pids):
        while any(os.path.exists(f'/proc/{pid}') for pid in pids):
            time.sleep(0.01)
        for kind in ('*.frames', '*.outcomes', '*.cycle'):
            for path in glob.glob(os.path.join(self.fleet.spool, kind)):
                os.unlink(path)


class Seconds:
    def __init__(self, wall, cpu):
        self.wall, self.cpu = wall, cpu


def main():
    bench.enter_network()
    table = bench.Table()
    folder = bench.work_folder('start')
    try:
        lab = Lab(folder)
        costs = bench.interleave({'libxml2': lab.floor, 'nothing due': lab.nothing_due,
                                  'first connection': lab.first_connection})
        for what in ('first connection', 'nothing due'):
            for kind in ('wall', 'cpu'):
                table.row(f'{kind}, {HOSTS} clients, {what} : libxml2',
                          bench.numbers(costs[what], kind, 1000),
                          bench.numbers(costs['libxml2'], kind, 1000), 'ms', most=3)
        table.finish()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
