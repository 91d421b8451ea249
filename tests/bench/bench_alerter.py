#!/usr/bin/env python3
"""The alerter over a backlog: samples of 1,000 clients, ten rules each, of which none fires,
against bare SQL that reads the same readings and marks the same samples (dbscan.c), on SQLite and
on a private MariaDB server. And a run that finds nothing to do, beside libxml2's bare parse and
validation of the same file.

FLEET_BENCH_ALERT_SAMPLES says how many samples; FLEET_BENCH_HOSTS how many clients the run with
nothing to do has."""
import bisect
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import bench
from bench_storage import OPTIONS, Figures
from rig.fleet import Fleet
from rig.mariadb import Mariadb, installed

SAMPLES = int(os.environ.get('FLEET_BENCH_ALERT_SAMPLES', '100000'))
HOSTS = int(os.environ.get('FLEET_BENCH_HOSTS', '10000'))
CLIENTS = 1000  # of store.c and dbfloor.c
RULES = {'cpu': '95%', 'cpu-iowait': '95%', 'cpu-steal': '95%', 'memory': '95%', 'swap': '95%',
         'load-per-cpu': '1000000000000', 'load': '1000000000000', 'processes': '1000000000000',
         'readings-left-out': '1000000000000', 'reports-dropped': '1000000000000'}
MEMORY_MIB, GAIN_MIB = 64, 2
WAIT_MS = 200
SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'lib', 'config',
                      'config.xsd')


def write_config(fleet, clients, storage=''):
    rules = '\n'.join(f'<alert type="{name}" limit="{limit}"/>' for name, limit in RULES.items())
    rows = '\n'.join(f'<client name="client{i + 1}" ip="192.0.2.1"/>' for i in range(clients))
    fleet.write_config(f'{storage}\n<group name="all" username="monitor" password="unused">\n'
                       f'{rules}\n{rows}\n</group>')


class Sqlite:
    name, least = 'SQLite', 0.4

    def __init__(self, folder):
        self.fleet = Fleet(os.path.join(folder, 'sqlite'))
        self.floor_file = os.path.join(folder, 'floor.db')
        write_config(self.fleet, CLIENTS)
        self.where = ['sqlite', self.fleet.database]

    def floor(self, what):
        return [bench.program('dbfloor'), 'sqlite', self.floor_file, what]

    def rows(self, sql):
        return self.fleet.rows(sql)

    def change(self, *statements):
        connection = sqlite3.connect(self.fleet.database, isolation_level=None)
        for sql in (*statements, 'PRAGMA wal_checkpoint(TRUNCATE)'):
            connection.execute(sql)
        connection.close()

    def cpu(self):
        return 0

    def env(self):
        return {}


class MariadbSide:
    name, least = 'MariaDB', 0.5

    def __init__(self, folder, server):
        self.server = server
        self.fleet = Fleet(os.path.join(folder, 'mariadb'))
        server.query('CREATE DATABASE store CHARACTER SET utf8mb4')
        write_config(self.fleet, CLIENTS, f'<storage engine="mariadb" socket="{server.socket}"'
                                          ' user="root" database="store"/>')
        self.where = ['mariadb', server.socket]

    def floor(self, what):
        return [bench.program('dbfloor'), 'mariadb', self.server.socket, what]

    def rows(self, sql):
        return self.server.query(sql, 'store')

    def change(self, *statements):
        self.server.query(';\n'.join(statements), 'store')
        # what was overwritten is cleared away before the clock runs, not meanwhile
        self.server.query('SET GLOBAL innodb_max_purge_lag_wait = 0')

    def cpu(self):
        """Of the server: user and system time, proc(5)."""
        with open(f'/proc/{self.server.pid()}/stat', encoding='ascii') as f:
            words = f.read().rpartition(')')[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf('SC_CLK_TCK')

    def env(self):
        return {'SRV_PID': str(self.server.pid())}


class Backlog:
    """The same samples for the alerter and for the floor, again and again."""

    def __init__(self, side):
        self.side = side
        bench.run(side.floor(str(SAMPLES)))
        bench.run([bench.program('store'), *side.where, str(SAMPLES)])
        self.ids = [int(row[0]) for row in side.rows('SELECT id FROM sample ORDER BY id')]

    def reset(self):
        self.side.change('UPDATE sample SET processed_at = NULL WHERE processed_at IS NOT NULL',
                         'DELETE FROM alert', 'DELETE FROM event', 'DELETE FROM notification')

    def scan(self):
        figures = Figures(bench.run(self.side.floor('scan'), env=self.side.env()))
        figures.rate, figures.each = SAMPLES / figures.wall, figures.cpu / SAMPLES
        return figures

    def judge(self):
        self.reset()
        before = self.side.cpu()
        cost = bench.run(self.side.fleet.command('alerter'), env={})
        cost.cpu += self.side.cpu() - before
        cost.rate, cost.each = len(self.ids) / cost.wall, cost.cpu / len(self.ids)
        self.check()
        return cost

    def check(self):
        left = self.side.rows('SELECT count(*) FROM sample WHERE processed_at IS NULL')[0][0]
        events = self.side.rows('SELECT count(*) FROM event')[0][0]
        if int(left) or int(events):
            sys.exit(f'{left} samples were not judged, {events} events were made')


class Watch(threading.Thread):
    """Samples an alerter at work: its memory, the CPU time it and the server took, and how many
    samples are judged."""

    def __init__(self, backlog, process):
        super().__init__()
        self.backlog, self.process, self.points = backlog, process, []

    def run(self):
        side, pid = self.backlog.side, self.process.pid
        while self.process.poll() is None:
            newest = side.rows('SELECT coalesce(max(as_of_id), 0) FROM alert')[0][0]
            cpu = bench.cpu_seconds([pid]) + side.cpu()
            self.points.append((bisect.bisect_right(self.backlog.ids, int(newest)), cpu,
                                bench.anonymous_kib(pid)))
            time.sleep(0.05)

    def reached(self, part):
        """The point at which that part of the samples was judged."""
        goal = part * len(self.backlog.ids)
        return next(p for p in self.points if p[0] >= goal)

    def cpu(self, begin, end):
        """For a sample between two parts."""
        a, b = self.reached(begin), self.reached(end)
        return (b[1] - a[1]) / max(b[0] - a[0], 1)


def beside(side):
    """A collector that stores a sample every now and then."""
    return subprocess.Popen([bench.program('store'), *side.where, 'beside'], env={},
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


def end_beside(process):
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    if process.returncode:
        sys.exit('the collector beside failed')
    return dict(word.split('=') for word in out.split())


def watch(backlog):
    """One run that is looked at."""
    backlog.reset()
    with subprocess.Popen(backlog.side.fleet.command('alerter'), env={}, cwd='/',
                          stdin=subprocess.DEVNULL) as process:
        watcher = Watch(backlog, process)
        watcher.start()
        watcher.join()
    if process.returncode:
        sys.exit(f'the alerter ended with {process.returncode}')
    return watcher


def add_steadiness(table, backlog):
    name, watcher = backlog.side.name, watch(backlog)
    peak = max(p[2] for p in watcher.points) / 1024
    gained = (watcher.reached(0.95)[2] - watcher.reached(0.5)[2]) / 1024
    table.figure(f'{name}, memory', f'{peak:.1f} MiB', f'{MEMORY_MIB} MiB', peak / MEMORY_MIB,
                 most=1)
    table.figure(f'{name}, memory gained in the second half', f'{gained:.1f} MiB',
                 f'{GAIN_MIB} MiB', gained / GAIN_MIB, most=1)
    begin, end = watcher.cpu(0.1, 0.4), watcher.cpu(0.65, 0.95)
    table.figure(f'{name}, CPU a sample, last third : first', f'{end * 1e6:.1f} µs',
                 f'{begin * 1e6:.1f} µs', end / begin, most=1.25)


def add_waits(table, backlog):
    """How long a collector waits, alone and beside an alerter at work."""
    backlog.reset()
    alone = beside(backlog.side)
    time.sleep(2)
    alone = end_beside(alone)
    writer = beside(backlog.side)
    bench.run(backlog.side.fleet.command('alerter'), env={})
    together = end_beside(writer)
    table.figure(f'{backlog.side.name}, the longest a collector waited'
                 f' (alone: {alone["most"]} ms)', f'{together["most"]} ms', f'{WAIT_MS} ms',
                 float(together['most']) / WAIT_MS, most=1)


def add_backlog(table, side):
    backlog = Backlog(side)
    costs = bench.interleave({'scan': backlog.scan, 'alerter': backlog.judge})
    table.row(f'{side.name}, samples a second : scan', bench.numbers(costs['alerter'], 'rate'),
              bench.numbers(costs['scan'], 'rate'), '/s', least=side.least)
    table.row(f'{side.name}, CPU a sample : scan', bench.numbers(costs['alerter'], 'each', 1e6),
              bench.numbers(costs['scan'], 'each', 1e6), 'µs')
    add_steadiness(table, backlog)
    add_waits(table, backlog)


def make_quiet_fleet(folder):
    """Every client was good a minute ago, and that was judged."""
    fleet = Fleet(folder)
    write_config(fleet, HOSTS)
    bench.run(fleet.command('alerter'), env={})
    connection = sqlite3.connect(fleet.database)
    connection.executemany('INSERT INTO client (id, name, created_at) VALUES (?, ?, ?)',
                           ((i + 1, f'client{i + 1}',
                             f'2026-11-22T12:{i // 60000:02}:{i // 1000 % 60:02}.{i % 1000:03}Z')
                            for i in range(HOSTS)))
    connection.execute(
        "INSERT INTO alert (client_id, rule, instance, state, severity, since, as_of, as_of_id,"
        " count, last_good_at, recipients, text) SELECT id, 'last-good', '', 'ok', 'warning',"
        " created_at, created_at, 1, 0, created_at, '', '' FROM client")
    connection.commit()
    connection.close()
    return fleet


def add_nothing(table, folder):
    fleet = make_quiet_fleet(os.path.join(folder, 'nothing'))
    costs = bench.interleave({
        'libxml2': lambda: bench.run([bench.program('xmlfloor'), SCHEMA, fleet.config]),
        'nothing to do': lambda: bench.run(fleet.command('alerter'), env={})})
    for kind, most in (('wall', 3), ('cpu', None)):
        table.row(f'{kind}, {HOSTS} clients, nothing to do : libxml2',
                  bench.numbers(costs['nothing to do'], kind, 1000),
                  bench.numbers(costs['libxml2'], kind, 1000), 'ms', most=most)


def main():
    table = bench.Table()
    folder = bench.work_folder('alerter')
    try:
        add_nothing(table, folder)
        add_backlog(table, Sqlite(folder))
        if installed():
            with Mariadb(os.path.join(folder, 'server'), OPTIONS) as server:
                add_backlog(table, MariadbSide(folder, server))
        else:
            table.skip('MariaDB', 'mariadbd is not installed')
        table.finish()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
