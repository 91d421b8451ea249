#!/usr/bin/env python3
"""A large fleet, simulated on the same machine, in a network namespace of its own:

    bench_fleet.py rate     ten thousand hosts, beside the floor over the same simulator, and beside
                            a thousand; what a client costs in memory
    bench_fleet.py dark     a fifth of them do not exist and some hang: when are the others done?
    bench_fleet.py memory   what a session costs while it waits, beside the floor

FLEET_BENCH_HOSTS says how many hosts instead of 10,000."""
import collections
import glob
import os
import shutil
import statistics
import sys
import time

import bench
from rig import fleetsim
from rig.fleet import Fleet

HOSTS = int(os.environ.get('FLEET_BENCH_HOSTS', '10000'))
FEW = HOSTS // 10
SESSIONS = min(500, FEW // 2)
PROCESSES = 2
KIB = 1024
CLIENT_KIB = 2
EX_UNAVAILABLE = 69
DARK, HANGING = '127.2.0.1', '127.3.0.1'
RULES = ['127.2.0.0/16=dark', '127.3.0.0/16=hang:random', '127.4.0.0/16=hang:exec']
HANGING_SESSIONS, HANGING_FIRST = 400, '127.4.0.1'


class Lab:
    def __init__(self, folder):
        self.folder = folder
        self.sim = fleetsim.FleetSim(os.path.join(folder, 'sim'), rules=RULES, seconds=7200,
                                     workers=PROCESSES)

    def fleet(self, name, addresses, collector='', timeout='2m'):
        fleet = Fleet(os.path.join(self.folder, name))
        fleet.addresses = addresses
        fleet.write('known_hosts', self.sim.known_hosts(addresses))
        fleet.write_config(f'''\
<collector sessions="{SESSIONS}" connects="{SESSIONS}" deadline="30m" {collector}/>
{self.sim.clients(addresses, f'timeout="{timeout}"')}''')
        return fleet

    def floor(self, hosts, first=fleetsim.FIRST, sessions=SESSIONS, processes=PROCESSES):
        return [bench.program('l2loop'), '-k', self.sim.key, '-H', self.sim.host_key + '.pub',
                '-n', str(hosts), '-c', str(sessions // processes), '-P', str(processes), '-p',
                str(self.sim.port), '-u', 'monitor', '-a', first]

    def run_floor(self, hosts):
        cost = bench.run(self.floor(hosts))
        cost.rate = hosts / cost.wall
        return cost

    def collect(self, fleet, **more):
        cost = bench.run(fleet.command('collector'), env={}, **more)
        cost.rate = len(fleet.addresses) / cost.wall
        cost.outcomes = newest_outcomes(fleet)
        return cost

    def collect_all(self, fleet, **more):
        cost = self.collect(fleet, **more)
        if collections.Counter(cost.outcomes.values()) != {('ok', ''): len(fleet.addresses)}:
            sys.exit(f'not all are ok: {collections.Counter(cost.outcomes.values())}\n{cost.err}')
        return cost

    def poll_only(self, fleet):
        """As in bench_sshd.py: what was fetched stays in the spool, and is then taken away."""
        with bench.without_database(fleet.database):
            cost = bench.run(fleet.command('collector'), env={}, statuses=(EX_UNAVAILABLE,))
        frames = fleet.frames()
        if len(frames) != len(fleet.addresses):
            sys.exit(f'{len(frames)} of {len(fleet.addresses)} hosts were polled\n{cost.err}')
        bench.run(fleet.command('collector', '--client', fleet.addresses[0]), env={})
        return cost


def newest_outcomes(fleet):
    """{client: (outcome, stage)}"""
    return {name: tuple(rest) for name, *rest in fleet.rows(
        'SELECT c.name, s.outcome, s.stage FROM client c JOIN sample s ON s.id = c.newest_id')}


# ---- many hosts ------------------------------------------------------------------------------

def rate(lab, table):
    many = lab.fleet('many', fleetsim.hosts(HOSTS))
    few = lab.fleet('few', fleetsim.hosts(FEW))
    polled = lab.fleet('polled', fleetsim.hosts(FEW))
    for fleet in (many, few, polled):
        lab.collect_all(fleet)  # clients and series are made
    costs = bench.interleave({
        'l2loop': lambda: lab.run_floor(HOSTS),
        'many': lambda: lab.collect_all(many, watch=True),
        'l2loop few': lambda: lab.run_floor(FEW),
        'few': lambda: lab.collect_all(few, watch=True),
        'poll few': lambda: lab.poll_only(polled),
    })
    cpu = {name: bench.numbers(c, 'cpu', 1000 / (HOSTS if name in ('l2loop', 'many') else FEW))
           for name, c in costs.items()}
    unit = 'ms a host'
    table.row(f'CPU, poll to the spool, {FEW} hosts : l2loop', cpu['poll few'],
              cpu['l2loop few'], unit, most=1.4)
    table.row(f'CPU, everything, {FEW} hosts : l2loop', cpu['few'], cpu['l2loop few'], unit,
              most=1.8)
    table.row(f'CPU, everything, {HOSTS} hosts : l2loop', cpu['many'], cpu['l2loop'], unit,
              most=1.8)
    table.row(f'rate, {HOSTS} hosts : l2loop', bench.numbers(costs['many'], 'rate'),
              bench.numbers(costs['l2loop'], 'rate'), 'hosts/s', least=0.6)
    table.row(f'CPU, {HOSTS} hosts : {FEW} hosts', cpu['many'], cpu['few'], unit, most=1.1)
    memory(table, costs)


def memory(table, costs):
    """Of all processes together while they poll. The floor is what the program takes without
    clients, by a straight line through the two fleets."""
    def kib(name):
        return statistics.median(bench.numbers(costs[name], 'memory_kib'))
    a_client = (kib('many') - kib('few')) / (HOSTS - FEW)
    table.figure('memory a client', f'{a_client:.2f} KiB', f'{CLIENT_KIB} KiB',
                 a_client / CLIENT_KIB, most=1)
    print(f"memory while polling: {kib('many') / KIB:.1f} MiB with {HOSTS} hosts, "
          f"{kib('few') / KIB:.1f} MiB with {FEW}")


# ---- hosts that do not answer ----------------------------------------------------------------

def healthy_seconds(fleet, addresses):
    """From the start of the run to the report of the last of them."""
    rows = fleet.rows('''SELECT c.name, (julianday(s.received_at) - julianday(y.started_at)) * 86400
        FROM client c JOIN sample s ON s.id = c.newest_id JOIN cycle y ON y.id = s.cycle_id''')
    wanted = set(addresses)
    return max(seconds for name, seconds in rows if name in wanted)


def dark(lab, table):
    gone = fleetsim.hosts(HOSTS // 5, DARK)
    hanging = fleetsim.hosts(HOSTS // 50, HANGING)
    healthy = fleetsim.hosts(HOSTS - len(gone) - len(hanging))
    quiet = lab.fleet('quiet', healthy)
    # The rack comes first in the file, and no earlier run tells that it is down.
    rack = lab.fleet('rack', gone + hanging + healthy, timeout='20s')
    lab.collect_all(quiet)
    expected = {**dict.fromkeys(healthy, ('ok', '')), **dict.fromkeys(gone, ('timeout', 'connect')),
                **lab.sim.foretell_hangs(len(hanging), HANGING)}

    def disturbed():
        for name in glob.glob(os.path.join(rack.spool, 'hosts')):
            os.unlink(name)
        cost = lab.collect(rack)
        cost.healthy = healthy_seconds(rack, healthy)
        wrong = [(a, cost.outcomes.get(a), outcome) for a, outcome in expected.items()
                 if cost.outcomes.get(a) != outcome]
        if wrong:
            sys.exit(f'{len(wrong)} outcomes are wrong: {wrong[:5]}')
        return cost

    def undisturbed():
        cost = lab.collect_all(quiet)
        cost.healthy = healthy_seconds(quiet, healthy)
        return cost

    costs = bench.interleave({'undisturbed': undisturbed, 'disturbed': disturbed})
    table.row(f'{len(healthy)} healthy hosts, {len(gone)} dark, {len(hanging)} hanging : alone',
              bench.numbers(costs['disturbed'], 'healthy'),
              bench.numbers(costs['undisturbed'], 'healthy'), 's', most=1.2)


# ---- sessions that wait ----------------------------------------------------------------------

def settled_kib(command, role, env):
    """Memory of the process in that role once it grows no more; the command is then ended."""
    with bench.Running(command, env) as running:
        last, since = 0, time.monotonic()
        while running.is_alive() and time.monotonic() - since < 1.5:
            now = running.memory_kib(role)
            if now != last or not now:
                last, since = now, time.monotonic()
            time.sleep(0.1)
    return last


def sessions(lab, table):
    def ours(count):
        fleet = lab.fleet(f'hang{count}', fleetsim.hosts(count, HANGING_FIRST),
                          collector='pollers="1"', timeout='1m')
        return settled_kib(fleet.command('collector'), '--poller', {})

    def floor(count):
        return settled_kib(lab.floor(count, HANGING_FIRST, count, 1), None, None)

    def a_session(measure):
        return (measure(HANGING_SESSIONS) - measure(1)) / (HANGING_SESSIONS - 1)
    pairs = [(a_session(ours), a_session(floor)) for _ in range(bench.ROUNDS)]
    table.row('memory a session : l2loop', [a for a, _ in pairs], [b for _, b in pairs], 'KiB',
              most=2)


def main():
    what = {'rate': rate, 'dark': dark, 'memory': sessions}[sys.argv[1]]
    bench.enter_network()
    table = bench.Table()
    folder = bench.work_folder('fleet')
    try:
        lab = Lab(folder)
        with lab.sim:
            what(lab, table)
        table.finish()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    main()
