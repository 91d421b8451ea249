#!/usr/bin/env python3
"""The same rows through the store and through the bare database: SQLite, and a private MariaDB
server over its socket. CPU time is that of the program and of the server together."""
import os
import re
import shutil
import sys

import bench
from rig.mariadb import Mariadb, installed

SAMPLES = int(os.environ.get('FLEET_BENCH_SAMPLES', '10000'))
# As a server is set up that has a machine of its own.
OPTIONS = ['--innodb-buffer-pool-size=512M', '--innodb-log-file-size=96M']


class Figures:
    """Of one run, from the line that it printed."""

    def __init__(self, cost):
        found = dict(re.findall(r'(\w+)=([\d.]+)', cost.out))
        self.wall = float(found['wall'])
        self.cpu = float(found['cpu']) + float(found['server'])
        self.rate = SAMPLES / self.wall


def run(name, engine, where, env):
    return Figures(bench.run([bench.program(name), engine, where, str(SAMPLES)], env=env))


def sqlite_sides(folder):
    database = os.path.join(folder, 'store.db')

    def store():
        for suffix in ('', '-wal', '-shm'):
            if os.path.exists(database + suffix):
                os.unlink(database + suffix)
        return run('store', 'sqlite', database, {})
    return {'floor': lambda: run('dbfloor', 'sqlite', os.path.join(folder, 'floor.db'), {}),
            'store': store}


def mariadb_sides(server):
    env = {'SRV_PID': str(server.pid())}

    def store():
        server.query('DROP DATABASE IF EXISTS store; CREATE DATABASE store CHARACTER SET utf8mb4')
        return run('store', 'mariadb', server.socket, env)
    return {'floor': lambda: run('dbfloor', 'mariadb', server.socket, env), 'store': store}


def add_rows(table, engine, sides):
    figures = bench.interleave(sides)
    table.row(f'{engine}, samples a second : dbfloor', bench.numbers(figures['store'], 'rate'),
              bench.numbers(figures['floor'], 'rate'), '/s', least=0.7)
    table.row(f'{engine}, CPU a sample : dbfloor',
              bench.numbers(figures['store'], 'cpu', 1e6 / SAMPLES),
              bench.numbers(figures['floor'], 'cpu', 1e6 / SAMPLES), 'µs')


def main():
    table = bench.Table()
    folder = bench.work_folder('storage')
    try:
        add_rows(table, 'SQLite', sqlite_sides(folder))
        if installed():
            with Mariadb(os.path.join(folder, 'mariadb'), OPTIONS) as server:
                add_rows(table, 'MariaDB', mariadb_sides(server))
        else:
            table.skip('MariaDB', 'mariadbd is not installed')
        table.finish()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
