"""What the probe reports of the machines in tests/fixtures/proc, whole and spoiled.

FLEET_WRITE_EXPECTED=1 writes the expected reports anew: read the difference before it is believed.
"""
import contextlib
import os
import random
import re
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

from rig import machines

# Of each: lines that its report has, and beginnings of lines that it has not.
EXPECTED = {
    'alpine-6.6': (
        ['node_load1 0.00', 'node_memory_MemTotal_bytes 504156160', 'node_memory_SwapTotal_bytes 0',
         'node_netstat_Tcp_CurrEstab 1', 'node_vmstat_oom_kill 0', 'fleet_cpus_online 1',
         'node_softnet_processed_total{cpu="0"} 20331',
         'node_network_receive_bytes_total{device="eth0"} 2033120'],
        ['node_pressure_', 'node_netstat_Ip6_', 'node_sockstat_TCP6_', 'node_nf_conntrack_',
         'node_swap_size_bytes', 'node_schedstat_running_seconds_total{', 'node_hwmon_',
         'node_cpu_guest_seconds_total{', 'node_kernel_hung_tasks_total']),
    'centos7-3.10': (
        ['node_memory_MemAvailable_bytes 12626034688', 'node_memory_HugePages_Free 60',
         'node_netstat_TcpExt_ListenDrops 17', 'node_nf_conntrack_entries 183',
         'node_nf_conntrack_stat_search_restart 8', 'node_entropy_available_bits 3122',
         'node_swap_used_bytes{device="/dev/dm-1",swap_type="partition"} 17825792',
         'node_swap_priority{device="/dev/dm-1",swap_type="partition"} -2',
         'node_softnet_dropped_total{cpu="1"} 2', 'node_cpu_online{cpu="3"} 1',
         'node_hwmon_temp_celsius{chip="platform_coretemp_0",sensor="temp2"} 39.000',
         'node_md_disks{device="md127",state="failed"} 1', 'node_processes_state{state="Z"} 1'],
        ['node_pressure_', 'node_vmstat_oom_kill', 'node_cpu_isolated', 'node_memory_Zswap']),
    'debian12-6.18': (
        ['node_pressure_cpu_waiting_seconds_total ', 'node_entropy_pool_size_bits 256',
         'node_nf_conntrack_entries_limit ', 'node_disk_read_bytes_total{device="vda"} ',
         'node_netstat_Ip6_InOctets '],
        ['node_pressure_irq_', 'node_schedstat_running_seconds_total{', 'node_swap_size_bytes{',
         'node_disk_read_bytes_total{device="loop', 'node_hwmon_']),
    'docker-6.1': (
        ['node_processes_pids 7', 'node_processes_state{state="Z"} 1', 'node_load1 1.21',
         'fleet_process_top_resident_memory_bytes{name="a) R (b\\\\ \\"c\\\\x0a d",pid="4021",'
         'user="999"} 3321856',
         'fleet_process_top_cpu_seconds_total{name="postgres",pid="31",user="postgres"} 1608.82',
         'fleet_container_info{type="docker"} 1', 'fleet_cgroup_cpu_limit_cores 1.500000',
         'fleet_cgroup_memory_limit_bytes 536870912', 'fleet_cgroup_pids 8',
         'fleet_cgroup_memory_inactive_file_bytes 81203200',
         'fleet_cgroup_cpu_throttled_seconds_total 203.312044'],
        ['node_disk_', 'node_network_', 'node_hwmon_']),
    'raspios-6.1-armv7': (
        ['node_memory_CmaTotal_bytes 67108864', 'node_disk_writes_completed_total{device="mmcblk0"} 12033',
         'node_load15 0.05', 'node_filefd_maximum 86890', 'node_processes_max_threads 6891',
         'node_hwmon_temp_celsius{chip="thermal_thermal_zone0",sensor="temp1"} 47.774',
         'node_hwmon_in_lcrit_alarm_volts{chip="soc:firmware_raspberrypi_hwmon",sensor="in0"} 0.001',
         'node_swap_size_bytes{device="/var/swap",swap_type="file"} 104853504'],
        ['node_pressure_', 'node_memory_HugePages_Total', 'node_nf_conntrack_',
         'node_schedstat_running_seconds_total{', 'node_disk_reads_completed_total{device="ram',
         'node_disk_reads_completed_total{device="mmcblk0p']),
    'ubuntu24-6.8': (
        ['node_pressure_irq_stalled_seconds_total 9.033112', 'node_vmstat_oom_kill 2',
         'node_cpu_guest_seconds_total{cpu="1",mode="user"} 1.20', 'node_memory_Zswapped_bytes 45178880',
         'node_nf_conntrack_stat_early_drop 0', 'node_nf_conntrack_stat_drop 7',
         'node_filefd_maximum 9223372036854775807', 'node_schedstat_waiting_seconds_total{cpu="7"} ',
         'node_hwmon_temp_celsius{chip="nvme_nvme0",sensor="temp1"} 38.850', 'fleet_reboot_required 1',
         'node_power_supply_capacity{power_supply="BAT0"} 79', 'fleet_security_updates_pending 5',
         'node_network_up{device="veth1a2b3c4"} 1'],
        ['node_cpu_guest_seconds_total{cpu="2"', 'node_cpu_isolated{', 'node_kernel_hung_tasks_total']),
}


def write(path, data):
    with open(path, 'wb') as f:
        f.write(data)


def stays(report):
    """Without what is of the machine that runs the test: sizes of filesystems."""
    return ''.join(line for line in report.splitlines(True) if '_filesystem_' not in line)


class Machines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix='fleet-machines-')
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.roots = {name: machines.unpack(name, os.path.join(folder, name)) for name in machines.NAMES}
        cls.reports = {name: stays(machines.report(root)) for name, root in cls.roots.items()}

    def test_whole_report(self):
        for name, report in self.reports.items():
            path = os.path.join(machines.FOLDER, name + '.prom')
            if 'FLEET_WRITE_EXPECTED' in os.environ:
                with open(path, 'w', encoding='utf-8') as f:
                    f.write(report)
            with self.subTest(name), open(path, encoding='utf-8') as f:
                self.assertEqual(report, f.read())

    def test_what_appears_and_what_does_not(self):
        self.assertEqual(sorted(EXPECTED), machines.NAMES)
        for name, (has, has_not) in EXPECTED.items():
            lines = self.reports[name].splitlines()
            for start in has:
                with self.subTest(name, has=start):
                    self.assertTrue(any(l == start or start[-1] == ' ' and l.startswith(start)
                                        for l in lines))
            for start in has_not:
                with self.subTest(name, has_not=start):
                    self.assertEqual([l for l in lines if l.startswith(start)], [])

    def test_no_sample_twice(self):
        for name, report in self.reports.items():
            samples = [l.rsplit(' ', 1)[0] for l in report.splitlines() if l[0] != '#']
            with self.subTest(name):
                self.assertEqual(sorted(set(samples)), sorted(samples))

    def test_no_file_is_what_it_should_be(self):
        """The whole probe, over everything that may stand in a file's place."""
        noise = random.Random(1)
        for what, put in (('noise', lambda path: write(path, noise.randbytes(100000))),
                          ('one endless line', lambda path: write(path, b'1' * 100000)),
                          ('nothing', lambda path: write(path, b'')), ('a folder', os.mkdir),
                          ('a pipe', os.mkfifo), ('itself', lambda path: os.symlink(path, path))):
            with self.subTest(what), tempfile.TemporaryDirectory() as folder:
                for path in machines.files('ubuntu24-6.8'):
                    os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
                    put(os.path.join(folder, path))
                self.assertTrue(machines.report(folder).endswith('\n# EOF\n'))

    def test_no_pipe_is_waited_for(self):
        """Nor opened, as nothing may be that does something then: a writer would see it."""
        opened = []
        with tempfile.TemporaryDirectory() as folder:
            for path in machines.files('ubuntu24-6.8'):
                path = os.path.join(folder, path)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                os.mkfifo(path)
            pipe = os.path.join(folder, 'etc/passwd')
            textfile = os.path.join(folder, 'var/lib/prometheus/node-exporter/x.prom')
            os.makedirs(os.path.dirname(textfile))
            os.mkfifo(textfile)
            asks = ('process:x=/etc/passwd', 'certificate:/etc/passwd', 'file:/etc/passwd')
            with self.seen(pipe, opened), self.seen(textfile, opened):
                machines.report(folder, asks)
                self.assertEqual(opened, [])
            held = [os.open(os.path.join(folder, path), os.O_RDWR)
                    for path in machines.files('ubuntu24-6.8')]
            started = time.monotonic()
            self.assertTrue(machines.report(folder, asks).endswith('\n# EOF\n'))
            self.assertLess(time.monotonic() - started, 5)
            for fd in held:
                os.close(fd)

    @contextlib.contextmanager
    def seen(self, pipe, opened):
        """Within, who opens the pipe to read is found in `opened`."""
        def write():
            os.close(os.open(pipe, os.O_WRONLY))
            opened.append(pipe)
        writer = threading.Thread(target=write)
        writer.start()
        try:
            yield
        finally:
            fd = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
            writer.join()
            os.close(fd)

    def test_users_without_end(self):
        """Some megabytes are read and no more, and that it was cut is told."""
        with tempfile.TemporaryDirectory() as folder:
            root = machines.unpack('docker-6.1', folder)
            self.assertIn('\nfleet_report_truncated 0\n', machines.report(root))
            for more in (b'x:x:1:1::/:/x\n' * (5 << 16), bytes(5 << 20)):
                with open(os.path.join(root, 'etc/passwd'), 'r+b') as f:
                    f.seek(0, os.SEEK_END)
                    f.write(more)
                    report = machines.report(root)
                    f.truncate(f.tell() - len(more))
                self.assertIn('\nfleet_report_truncated 1\n', report)
                self.assertIn('user="postgres"', report)

    def test_spoiled(self):
        """Cut after every byte and changed at every byte, under sanitizers."""
        runs = 0
        for name, root in self.roots.items():
            result = subprocess.run([os.environ['SPOIL'], root], stdout=subprocess.PIPE, text=True,
                                    stderr=subprocess.STDOUT, timeout=250)
            with self.subTest(name):
                self.assertEqual(result.returncode, 0, result.stdout)
            runs += int(re.fullmatch(r'(\d+)\n', result.stdout)[1])
        print(f'\n{runs} spoiled inputs')
        self.assertGreater(runs, 50000)


if __name__ == '__main__':
    unittest.main()
