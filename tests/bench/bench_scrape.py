#!/usr/bin/env python3
"""What a look at a machine costs it: the probe, a scrape of Debian's node_exporter, and a script
of psutil that asks for the same. One table; nothing is decided by it."""
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import bench
from rig.probe import PROBE, Key, Talk, request
from rig.sshd import free_port

TIMES = int(os.environ.get('FLEET_BENCH_TIMES', '20'))
PACKAGES = os.environ.get('FLEET_PACKAGES', '')
PORT = free_port()
SCRIPT = '''
import os, psutil
psutil.cpu_times(percpu=True), psutil.cpu_stats(), psutil.getloadavg(), psutil.virtual_memory()
psutil.swap_memory(), psutil.disk_io_counters(perdisk=True), psutil.net_io_counters(pernic=True)
psutil.net_if_stats(), psutil.sensors_temperatures(), psutil.boot_time(), psutil.users()
[psutil.disk_usage(p.mountpoint) for p in psutil.disk_partitions()]
[p.info for p in psutil.process_iter(["name", "status", "cpu_times", "memory_info", "username"])]
with open("/proc/self/status") as f:
    print(*[line.split()[1] for line in f if line.startswith("VmHWM")])
'''


def find(name):
    places = [os.path.join(PACKAGES, 'usr', 'bin', name), shutil.which(name)]
    return next((p for p in places if p and os.path.exists(p)), None)


class Look:
    """One look: cpu and wall in seconds."""

    def __init__(self, cpu, wall):
        self.cpu, self.wall = cpu, wall


def many(look):
    costs = [look() for _ in range(TIMES)]
    return Look(sum(c.cpu for c in costs) / TIMES, sum(c.wall for c in costs) / TIMES)


def peak_kib(pid):
    with open(f'/proc/{pid}/status', encoding='ascii', errors='replace') as f:
        return next(int(line.split()[1]) for line in f if line.startswith('VmHWM'))


def probe_peak_kib():
    """Of a whole conversation, looked at before the acks."""
    with tempfile.TemporaryDirectory() as home:
        talk = Talk([PROBE], {'HOME': home})
        talk.send(request(1, Key()))
        talk.take_file(talk.line()[1:])
        talk.take(talk.line())
        peak = peak_kib(talk.process.pid)
        talk.end()
    return peak


class NodeExporter:
    def __init__(self):
        self.path = find('prometheus-node-exporter')
        self.process = subprocess.Popen(
            [self.path, f'--web.listen-address=127.0.0.1:{PORT}', '--collector.processes'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                self.scrape()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit('node_exporter does not answer')

    def scrape(self):
        cpu, begin = self.cpu(), time.monotonic()
        with urllib.request.urlopen(f'http://127.0.0.1:{PORT}/metrics', timeout=20) as answer:
            answer.read()
        return Look(self.cpu() - cpu, time.monotonic() - begin)

    def cpu(self):
        tasks = f'/proc/{self.process.pid}/task'
        return sum(int(open(f'{tasks}/{t}/schedstat', encoding='ascii').read().split()[0])
                   for t in os.listdir(tasks)) / 1e9

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def size_of(folder):
    return sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(folder) for f in files)


def psutil_folder():
    env = dict(os.environ, PYTHONPATH=packages_path())
    run = subprocess.run([sys.executable, '-c', 'import psutil; print(psutil.__path__[0])'], env=env,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return run.stdout.strip()


def packages_path():
    return os.path.join(PACKAGES, 'usr', 'lib', 'python3', 'dist-packages')


def show(rows):
    head = ('what', 'CPU', 'wall', 'resident', 'on disk')
    widths = [max(len(r[i]) for r in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        print('  '.join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip())


def main():
    if not find('prometheus-node-exporter') or not psutil_folder():
        print('skipped: this takes prometheus-node-exporter and python3-psutil')
        sys.exit(bench.SKIPPED)
    env = {'PYTHONPATH': packages_path(), 'PATH': os.environ['PATH']}
    script = [sys.executable, '-c', SCRIPT]
    server = NodeExporter()
    try:
        costs = bench.interleave({
            'probe': lambda: many(lambda: bench.run([PROBE, '--plain'], env={})),
            'node_exporter': lambda: many(server.scrape),
            'psutil': lambda: many(lambda: bench.run(script, env=env)),
        })
        peaks = {'probe': probe_peak_kib(), 'node_exporter': peak_kib(server.process.pid),
                 'psutil': int(bench.run(script, env=env).out.split()[-1])}
    finally:
        server.stop()
    sizes = {'probe': os.path.getsize(PROBE), 'node_exporter': os.path.getsize(server.path),
             'psutil': size_of(psutil_folder())}
    what = {'probe': 'fleet-probe, started anew', 'node_exporter': 'node_exporter, a scrape',
            'psutil': 'a psutil script (Python not in the size)'}
    show([(what[name], f'{statistics.median(bench.numbers(costs[name], "cpu", 1000)):.2f} ms',
           f'{statistics.median(bench.numbers(costs[name], "wall", 1000)):.2f} ms',
           f'{peaks[name] / 1024:.1f} MiB', f'{sizes[name] / 1024:.0f} KiB') for name in costs])


if __name__ == '__main__':
    main()
