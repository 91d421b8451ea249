#!/usr/bin/env python3
"""Ten thousand mails that wait in the outbox, to a server on loopback that takes everything: a
run of fleet-alerter, with its reading and writing of rows, against bare libcurl over one
connection. FLEET_BENCH_MAILS says how many instead."""
import os
import re
import shutil
import sqlite3
import subprocess
import sys

import bench
from rig.fleet import Fleet

MAILS = int(os.environ.get('FLEET_BENCH_MAILS', '10000'))
LINE = 'host-{:04} load 12.34 above 8 for 3 samples\n'
AT = '2026-11-22T04:33:34.123Z'


class Sink:
    def __enter__(self):
        self.process = subprocess.Popen([bench.program('mailfloor'), 'sink'], text=True,
                                        stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate()


class Outbox:
    """As many mails as large as the floor's, that wait."""

    def __init__(self, folder, port):
        self.fleet = Fleet(os.path.join(folder, 'fleet'))
        self.fleet.write_config(
            f'<mail host="127.0.0.1" port="{port}" security="plain" from="fleet@localhost"'
            ' list-id="localhost"/><alerter collector-stale="52w"/>')
        bench.run(self.fleet.command('alerter'), env={})
        text = ''.join(LINE.format(i * 43) for i in range(14))
        with sqlite3.connect(self.fleet.database) as database:
            database.executemany(
                'INSERT INTO notification (channel, recipient, message_id, refs, subject, text,'
                " state, tries, created_at, last_error) VALUES ('mail', 'ops@localhost', ?, '', ?,"
                " ?, 'waiting', 0, ?, '')",
                ((f'event-{i}@localhost', f'[fleet] WARNING host{i}: load 12.34', text, AT)
                 for i in range(MAILS)))
        database.close()

    def fill(self):
        with sqlite3.connect(self.fleet.database) as database:
            database.execute("UPDATE notification SET state = 'waiting', tries = 0, done_at = NULL,"
                             " next_try_at = NULL")
        database.close()

    def deliver(self):
        self.fill()
        cost = bench.run(self.fleet.command('alerter'), env={})
        sent = self.fleet.rows("SELECT count(*) FROM notification WHERE state = 'sent'")[0][0]
        if sent != MAILS:
            sys.exit(f'{sent} of {MAILS} mails were sent\n{cost.err}')
        return cost


def floor(port):
    cost = bench.run([bench.program('mailfloor'), 'send', str(port), str(MAILS)])
    cost.wall = float(re.search(r'wall=([\d.]+)', cost.out)[1])
    return cost


def main():
    bench.enter_network()
    table = bench.Table()
    folder = bench.work_folder('mail')
    try:
        with Sink() as sink:
            outbox = Outbox(folder, sink.port)
            costs = bench.interleave({'floor': lambda: floor(sink.port), 'alerter': outbox.deliver})
        for c in costs['floor'] + costs['alerter']:
            c.rate, c.cpu_rate = MAILS / c.wall, MAILS / c.cpu
        table.row('mails a CPU second : mailfloor', bench.numbers(costs['alerter'], 'cpu_rate'),
                  bench.numbers(costs['floor'], 'cpu_rate'), '/s', least=0.8)
        table.row('mails a second : mailfloor', bench.numbers(costs['alerter'], 'rate'),
                  bench.numbers(costs['floor'], 'rate'), '/s')
        table.finish()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
