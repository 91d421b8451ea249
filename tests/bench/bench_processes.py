#!/usr/bin/env python3
"""What the probe takes for each process of a machine, beside a bare loop that opens and reads the
same files: both once with two thousand processes more and once without them."""
import os
import statistics
import subprocess

import bench

PROBE = os.path.join(bench.BUILD, 'remote', 'fleet-probe')
CROWD, TIMES = 2000, 20
MOST = 1.5


class Cost:
    def __init__(self, cpu):
        self.cpu = cpu


def times(*command):
    return lambda: Cost(statistics.median(bench.run(list(command), env={}).cpu
                                          for _ in range(TIMES)))


SIDES = {'probe': times(PROBE, '--plain'), 'floor': times(bench.program('procfloor'), 'read')}


def main():
    alone = bench.interleave(SIDES)
    with subprocess.Popen([bench.program('procfloor'), 'crowd', str(CROWD)], text=True,
                          stdout=subprocess.PIPE) as crowd:
        try:
            crowd.stdout.readline()
            crowded = bench.interleave(SIDES)
        finally:
            crowd.kill()
    table = bench.Table()
    more = {side: [(c.cpu - a.cpu) * 1000 for a, c in zip(alone[side], crowded[side])]
            for side in SIDES}
    table.row(f'cpu, {CROWD} processes more, probe : floor', more['probe'], more['floor'], 'ms',
              most=MOST)
    for costs, what in ((alone, 'the others'), (crowded, 'all')):
        table.row(f'cpu, whole run, {what}', bench.numbers(costs['probe'], 'cpu', 1000),
                  bench.numbers(costs['floor'], 'cpu', 1000), 'ms')
    table.finish()


main()
