#!/usr/bin/env python3
"""What the probe costs a client, beside a bare C loop that opens and reads the same files: CPU
time of the whole program, started anew each time, both static and with the same C library."""
import os
import shutil
import subprocess
import time

import bench
from rig.probe import PROBE

FLOOR = os.path.join(bench.BUILD, 'remote', 'readfloor')
TIMES = int(os.environ.get('FLEET_BENCH_TIMES', '100'))
BAR = 1.5


class Sum:
    """What many runs of a command cost together."""

    def __init__(self, command, stdin):
        self.wall = self.cpu = 0
        for _ in range(TIMES):
            begin = time.monotonic()
            with open(stdin, 'rb') as f, \
                    subprocess.Popen(command, stdin=f, stdout=subprocess.DEVNULL, env={}) as process:
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            self.wall += time.monotonic() - begin
            self.cpu += usage.ru_utime + usage.ru_stime
            assert process.returncode == 0, command


def files_read(path):
    """What the probe opens, or tries to, for the floor, in its order."""
    with open(path, 'wb') as f:
        subprocess.run([bench.program('fleet-probe-opened'), '--plain'], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=f, env={}, check=True)
    with open(path, 'rb') as f:
        return len(f.readlines())


def main():
    subprocess.run(['ninja', '--quiet', '-C', os.path.dirname(FLOOR), 'readfloor'], check=True)
    folder = bench.work_folder('probe')
    try:
        paths = os.path.join(folder, 'files')
        count = files_read(paths)
        costs = bench.interleave({
            'probe': lambda: Sum([PROBE, '--plain'], os.devnull),
            'floor': lambda: Sum([FLOOR], paths),
        })
    finally:
        shutil.rmtree(folder)
    table = bench.Table()
    table.row(f'{count} paths, CPU', bench.numbers(costs['probe'], 'cpu', 1000 / TIMES),
              bench.numbers(costs['floor'], 'cpu', 1000 / TIMES), 'ms', most=BAR)
    table.row(f'{count} paths, wall', bench.numbers(costs['probe'], 'wall', 1000 / TIMES),
              bench.numbers(costs['floor'], 'wall', 1000 / TIMES), 'ms')
    table.finish()


if __name__ == '__main__':
    main()
