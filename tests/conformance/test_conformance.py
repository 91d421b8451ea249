"""The probe beside others who read the same machine at the same moment: Debian's node_exporter,
promtool's opinion of the report's form, and psutil. Each is asked before and after the probe, so a
counter has to lie between, and a gauge that stood still has to be the same."""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

from rig.probe import PROBE
from rig.sshd import free_port

PACKAGES = os.environ.get('FLEET_PACKAGES', '')
sys.path.append(os.path.join(PACKAGES, 'usr', 'lib', 'python3', 'dist-packages'))
try:
    import psutil
except ImportError:
    psutil = None

ADDRESS = f'127.0.0.1:{free_port()}'
TRIES = 6  # what moves while it is read may be seen to agree once in so many

# Differences that are meant: a pattern of samples, who has them, why.
DIFFERENT = (
    ('node_processes_state{', 'ours', 'states come and go'),
    ('node_processes_state{', 'theirs', 'states come and go'),
    ('node_disk_[a-z_]+{.*device="z?ram', 'theirs', 'memory is no disk; newer releases agree'),
    ('node_disk_[a-z_]+{.*device="[^"]*[0-9]p[0-9]+"', 'theirs', 'it knows only nvme to have such partitions'),
    ('node_disk_[a-z_]+{.*device="[hsv]d[a-z][a-z]+[0-9]+"', 'theirs', 'partitions of disks beyond the 26th'),
    ('node_disk_[a-z_]+{.*device="xvd[a-z][0-9]+"', 'ours', 'a disk that Xen calls so, without partitions'),
    ('node_network_[a-z_]+{.*device="lo"', 'ours', 'older releases ask netlink, which leaves it out'),
)
# Labels that the compared release has not got yet.
NEW_LABELS = {'node_disk_info': {'rotational'}, 'node_network_info': {'adminstate'},
              'node_os_info': {'build_id', 'image_id', 'image_version', 'support_end'}}
# What is another thing at each look, however near; being scraped is two connections more.
RESTLESS = ('node_time_seconds', 'node_procs_running', 'node_cpu_scaling_frequency',
            'node_entropy_available_bits', 'node_disk_io_now', 'node_scrape_',
            'node_netstat_Tcp_CurrEstab', 'node_sockstat_TCP_', 'node_sockstat_sockets_used')

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?')
# Of what psutil has for a disk: memory, files, floppies.
NO_DISK = re.compile(r'(z?ram|loop|fd)\d+')


def find(name):
    places = [os.path.join(PACKAGES, 'usr', 'bin', name), shutil.which(name)]
    return next((p for p in places if p and os.path.exists(p)), None)


def read(text):
    """{(name, labels): value}, {name: type}"""
    samples, types = {}, {}
    for line in text.splitlines():
        if line.startswith('# TYPE '):
            types[line.split(' ')[2]] = line.split(' ')[3]
        elif match := SAMPLE.match(line):
            new = NEW_LABELS.get(match[1], ())
            # one that is empty is none, by the format's definition
            labels = tuple(sorted(p for p in LABEL.findall(match[2] or '')
                                  if p[0] not in new and p[1]))
            samples[match[1], labels] = float(match[3])
    return samples, types


def written(key):
    return key[0] + '{' + ','.join(f'{n}="{v}"' for n, v in key[1]) + '}'


def is_meant(key, who):
    return any(who == w and re.match(p, written(key)) for p, w, _ in DIFFERENT)


def plain():
    return subprocess.run([PROBE, '--plain'], env={}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, timeout=60, check=True).stdout


def agrees(ours, before, after, is_counter):
    low, high = min(before, after), max(before, after)
    if is_counter:  # both print a double: the last digit may differ
        return low - abs(low) * 1e-9 - 0.0101 <= ours <= high + abs(high) * 1e-9 + 0.0101
    slack = 0 if before == after else max(high - low, abs(high) * 0.02)
    return low - slack - abs(low) * 1e-9 <= ours <= high + slack + abs(high) * 1e-9


class Server:
    def __init__(self):
        self.process = subprocess.Popen(
            [find('prometheus-node-exporter'), '--web.listen-address=' + ADDRESS,
             '--collector.processes', '--collector.textfile.directory=/nowhere'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def scrape(self):
        end = time.monotonic() + 20
        while True:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                with urllib.request.urlopen(f'http://{ADDRESS}/metrics', timeout=20) as answer:
                    return answer.read().decode()
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError('node_exporter does not answer')
            time.sleep(0.1)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)


@unittest.skipUnless(find('prometheus-node-exporter'), 'no prometheus-node-exporter here')
class NodeExporter(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)
        cls.server.scrape()  # the first reads more than the others

    def look(self):
        before, types = read(self.server.scrape())
        ours, our_types = read(plain())
        after, _ = read(self.server.scrape())
        return before, ours, after, types, our_types

    def test_values(self):
        wrong, compared = {}, set()
        for _ in range(TRIES):
            before, ours, after, types, _ = self.look()
            seen = {k for k in ours if k in before and k in after}
            compared |= seen
            new = {k for k in seen if not k[0].startswith(RESTLESS) and not agrees(
                ours[k], before[k], after[k], types.get(k[0]) == 'counter')}
            wrong = {k: (before[k], ours[k], after[k]) for k in new if k in wrong or not wrong}
            if not wrong:
                break
        print(f'{len(compared)} samples of {len({k[0] for k in compared})} names agree')
        self.assertEqual({written(k): v for k, v in wrong.items()}, {})
        self.assertGreater(len({k[0] for k in compared}), 150)

    def test_names_types_and_labels(self):
        before, ours, after, types, our_types = self.look()
        both = {k[0] for k in ours} & {k[0] for k in before} & {k[0] for k in after}
        for name in sorted(both):
            self.assertEqual(our_types[name].replace('untyped', 'gauge'),
                             types[name].replace('untyped', 'gauge'), name)
        extra = [written(k) for k in ours if k[0] in both and k not in before and k not in after
                 and not is_meant(k, 'ours')]
        missing = [written(k) for k in before if k[0] in both and k in after and k not in ours
                   and not is_meant(k, 'theirs')]
        self.assertEqual((extra, missing), ([], []))
        for who, one, other in (('the probe', ours, before), ('node_exporter', before, ours)):
            only = sorted({k[0] for k in one} - {k[0] for k in other})
            print(f'{len(only)} names that only {who} has: ' + ' '.join(
                n for n in only if n.startswith(('node_', 'fleet_'))))

    @unittest.skipUnless(find('promtool'), 'no promtool here')
    def test_promtool(self):
        """It says nothing of ours that it does not say of theirs, by the same name."""
        theirs = self.server.scrape()
        said, known = self.complaints(plain()), self.complaints(theirs)
        names = {k[0] for k in read(theirs)[0]}
        self.assertEqual({line for line in said - known if line.split(' ')[0] in names}, set())
        self.assertEqual({line for line in said if line.startswith('fleet_')}, set())

    def complaints(self, text):
        run = subprocess.run([find('promtool'), 'check', 'metrics'], input=text, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        self.assertNotIn('error while', run.stdout)
        return set(run.stdout.splitlines())


def totals():
    """psutil's names for what both can say, summed as the probe's samples are below."""
    cpu, disks, memory, swap = (psutil.cpu_times(), psutil.disk_io_counters(perdisk=True),
                                psutil.virtual_memory(), psutil.swap_memory())
    disks = [d for name, d in disks.items() if not NO_DISK.fullmatch(name) and
             os.path.exists('/sys/block/' + name.replace('/', '!'))]  # where no partition is
    net = psutil.net_io_counters(pernic=False, nowrap=False)
    return {
        'node_cpu_seconds_total{mode="user"}': cpu.user - getattr(cpu, 'guest', 0),
        'node_cpu_seconds_total{mode="system"}': cpu.system,
        'node_cpu_seconds_total{mode="idle"}': cpu.idle,
        'node_cpu_seconds_total{mode="iowait"}': cpu.iowait,
        'node_memory_MemTotal_bytes': memory.total,
        'node_memory_MemAvailable_bytes': memory.available,
        'node_memory_MemFree_bytes': memory.free,
        'node_memory_SwapTotal_bytes': swap.total,
        'node_memory_SwapFree_bytes': swap.free,
        'node_boot_time_seconds': psutil.boot_time(),
        'node_filesystem_size_bytes{mountpoint="/"}': psutil.disk_usage('/').total,
        'node_filesystem_free_bytes{mountpoint="/"}': psutil.disk_usage('/').total -
                                                      psutil.disk_usage('/').used,
        'node_disk_read_bytes_total': sum(d.read_bytes for d in disks),
        'node_disk_written_bytes_total': sum(d.write_bytes for d in disks),
        'node_disk_reads_completed_total': sum(d.read_count for d in disks),
        'node_disk_writes_completed_total': sum(d.write_count for d in disks),
        'node_network_receive_bytes_total': net.bytes_recv,
        'node_network_transmit_bytes_total': net.bytes_sent,
        'node_network_receive_packets_total': net.packets_recv,
        'node_network_transmit_errs_total': net.errout,
    }


@unittest.skipUnless(psutil, 'no python3-psutil here')
class Psutil(unittest.TestCase):
    def test_totals(self):
        wrong = {}
        for _ in range(TRIES):
            before, ours, after = totals(), read(plain())[0], totals()
            new = {}
            for name in before:
                value = self.total(ours, name)
                is_counter = '_total' in name
                slack = 1.0 if 'cpu' in name else 0  # one rounding a CPU
                if value is None or not (agrees(value, before[name], after[name], is_counter) or
                                         slack and abs(value - before[name]) <= slack):
                    new[name] = (before[name], value, after[name])
            wrong = {k: v for k, v in new.items() if k in wrong or not wrong}
            if not wrong:
                break
        print(f'{len(before)} totals as psutil has them')
        self.assertEqual(wrong, {})

    def total(self, ours, name):
        name, _, label = name.partition('{')
        want = LABEL.findall(label)
        found = [v for k, v in ours.items() if k[0] == name and set(want) <= set(k[1])]
        return sum(found) if found else None


if __name__ == '__main__':
    done = unittest.main(exit=False).result
    sys.exit(not done.wasSuccessful() or (77 if done.skipped else 0))  # 77: skipped, in part at least
