"""The real static probe over pipes: requests, frames, acks, leftovers, caps, full disks."""
import ctypes
import errno
import os
import re
import resource
import shutil
import signal
import stat
import struct
import subprocess
import tempfile
import time
import unittest

from rig import machines
from rig.fleet import BUILD
from rig.probe import PROBE, Key, Talk, digest, request

DONE, FAILED = 40, 41


def run(*arguments, **more):
    return subprocess.run([PROBE, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          env={}, text=True, timeout=60, **more)


def without_openat2():
    """For a child: a kernel before 5.6, by a seccomp filter (BPF: load the number, compare)."""
    code = struct.pack('HBBI' * 4, 0x20, 0, 0, 0, 0x15, 0, 1, 437,
                       0x06, 0, 0, 0x00050000 | errno.ENOSYS, 0x06, 0, 0, 0x7fff0000)
    program = ctypes.create_string_buffer(code, len(code))
    fprog = ctypes.create_string_buffer(struct.pack('HP', 4, ctypes.addressof(program)))
    libc = ctypes.CDLL(None, use_errno=True)
    for option, *words in ((38, 1, 0, 0, 0), (22, 2, ctypes.addressof(fprog), 0, 0)):
        if libc.prctl(option, *map(ctypes.c_ulong, words)) != 0:
            raise OSError(ctypes.get_errno(), 'prctl')


def device(path):
    """As the kernel's list of mounts has it."""
    number = os.stat(path).st_dev
    return f'{os.major(number)}:{os.minor(number)}'


def plain(*arguments):
    """What --plain prints, without its help."""
    lines = run('--plain', *arguments).stdout.splitlines(True)
    return ''.join(l for l in lines if not l.startswith('# HELP '))


class Case(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(prefix='fleet-probe-')
        self.addCleanup(shutil.rmtree, self.home)
        self.env = {'HOME': self.home}
        self.cache = os.path.join(self.home, '.cache', 'fleet-health')
        self.key = Key()

    def talk(self, **more):
        return Talk([PROBE], self.env, **more)

    def ask(self, attempt, key=None, ack=lambda f: True, **more):
        talk_more = more.pop('talk', {})
        return self.talk(**talk_more).run(request(attempt, key or self.key, **more), ack=ack)

    def folder(self, key=None):
        return os.path.join(self.cache, (key or self.key).id)

    def names(self, key=None):
        return sorted(os.listdir(self.folder(key))) if os.path.isdir(self.folder(key)) else []

    def put(self, name, data, key=None):
        os.makedirs(self.cache, mode=0o700, exist_ok=True)
        os.makedirs(self.folder(key), mode=0o700, exist_ok=True)
        for made in (self.cache, self.folder(key)):
            os.chmod(made, 0o700)
        with open(os.path.join(self.folder(key), name), 'wb') as f:
            f.write(data)

    def ids(self, talk):
        """Attempt ids of the files sent, from inside their seals."""
        return [int(re.match(r'# fleet1 id=([0-9a-f]{16}) ', self.key.open(f.data))[1], 16)
                for f in talk.files]


    def dropped(self, talk):
        """What the newest report says that was dropped."""
        text = self.key.open(talk.files[-1].data)
        return int(re.search(r'^fleet_reports_dropped_total (\d+)$', text, re.M)[1])


class Program(unittest.TestCase):
    def test_size(self):
        ours, section = 0, re.compile(r'^ \.(?:text|rodata|data|bss)\S*\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S+)$')
        with open(PROBE + '.map', encoding='utf-8', errors='replace') as f:
            text = f.read().split('Linker script and memory map')[1]
        if '-linux-musl' not in text:
            self.skipTest('built with glibc on request')
        for line in re.sub(r'^( \.\S+)\n +', r'\1 ', text, flags=re.M).splitlines():
            if (m := section.match(line)) and m[2].startswith('fleet-probe.p/'):
                ours += int(m[1], 16)
        self.assertLessEqual(os.path.getsize(PROBE), 384 << 10)
        self.assertGreater(ours, 10 << 10)
        self.assertLessEqual(ours, 160 << 10)

    def test_static(self):
        with open(PROBE, 'rb') as f:
            self.assertNotIn(b'ld-linux', f.read())

    def test_plain_of_this_machine(self):
        text = run('--plain').stdout
        for name in ('node_load1 ', 'node_memory_MemTotal_bytes ', 'node_boot_time_seconds ',
                     'node_cpu_seconds_total{cpu="0",mode="idle"} ', 'node_processes_pids ',
                     'node_network_receive_bytes_total{device="lo"} '):
            self.assertIn('\n' + name, text)
        self.assertTrue(text.endswith('\n# EOF\n'))

    def test_own_hash_and_usage(self):
        with open(PROBE, 'rb') as f:
            self.assertEqual(run('--hash').stdout, digest(f.read()) + '\n')
        self.assertIn('--plain', run('--help').stdout)
        self.assertEqual(run('--help').returncode, 0)
        for words, wrong in ((['--what'], '--what'), (['--plain', '--root'], '--root'),
                             (['--ask'], '--ask'), (['--ask', 'nothing:x'], 'nothing:x')):
            result = run(*words, stderr=subprocess.PIPE)
            self.assertEqual((result.returncode, result.stdout), (os.EX_USAGE, ''))
            self.assertTrue(result.stderr.startswith(f'fleet-probe: what is {wrong}?\nusage: '))

    def test_nothing_to_read(self):
        with tempfile.TemporaryDirectory() as empty:
            self.assertEqual(plain('--root', empty),
                             '# TYPE fleet_report_samples_dropped gauge\n'
                             'fleet_report_samples_dropped 0\n'
                             '# TYPE fleet_report_truncated gauge\nfleet_report_truncated 0\n# EOF\n')


class Root(Case):
    def tree(self):
        root = os.path.join(self.home, 'root')
        for folder in ('etc', 'usr/lib', 'proc', 'run'):
            os.makedirs(os.path.join(root, folder))
        with open(os.path.join(root, 'usr/lib/theirs'), 'w', encoding='ascii') as f:
            f.write('ID=theirs\n')
        os.symlink('/usr/lib/theirs', os.path.join(root, 'usr/lib/release'))
        os.symlink('/proc/loadavg', os.path.join(root, 'proc/loadavg'))
        return root

    def test_absolute_links_stay_below_it(self):
        """Also where the kernel does not help."""
        root = self.tree()
        os.symlink('/usr/lib/release', os.path.join(root, 'etc/os-release'))
        for kernel in ({}, {'preexec_fn': without_openat2}):
            text = run('--plain', '--root', root, **kernel).stdout
            self.assertIn('id="theirs"', text)
            self.assertNotIn('node_load1', text)

    def test_nothing_leads_out_of_it(self):
        root = self.tree()
        os.symlink('../' * 20 + 'usr/lib/theirs', os.path.join(root, 'etc/os-release'))
        os.symlink('/usr', os.path.join(root, 'run/usr'))
        os.symlink('../' * 20 + self.home, os.path.join(root, 'run/home'))
        with open(os.path.join(self.home, 'mine'), 'w', encoding='ascii') as f:
            f.write('1')
        asks = [word for path in ('/run/usr/lib/theirs', '/run/home/mine',
                                  '/' + '../' * 20 + self.home + '/mine')
                for word in ('--ask', 'file:' + path)]
        text = run('--plain', '--root', root, *asks).stdout
        self.assertIn('id="theirs"', text)
        self.assertEqual(re.findall(r'^fleet_file_size_bytes\{path="([^"]*)"\}', text, re.M),
                         ['/run/usr/lib/theirs'])


class Reports(Case):
    def test_header_and_body(self):
        talk = self.ask(7)
        self.assertEqual((talk.done, talk.status), ([1], DONE))
        text = self.key.open(talk.files[0].data)
        head, body = text.split('\n', 1)
        fields = dict(f.split('=') for f in head.split(' ')[2:])
        self.assertEqual(fields['id'], f'{7:016x}')
        self.assertEqual(fields['nonce'], f'{7:032x}')
        self.assertEqual(fields['probe'], run('--hash').stdout.rstrip())
        with open('/proc/sys/kernel/random/boot_id', encoding='ascii') as f:
            self.assertEqual(fields['boot'], f.read().strip())
        self.assertLess(abs(int(fields['wall']) - time.time() * 1000), 60000)
        self.assertLess(abs(int(fields['mono']) - time.clock_gettime(time.CLOCK_BOOTTIME) * 1000), 60000)
        self.assertTrue(body.endswith('\nfleet_report_truncated 0\n# EOF\n'))
        self.assertEqual(self.dropped(talk), 0)
        self.assertTrue(talk.files[0].spooled)
        self.assertTrue(talk.noise.startswith(b'\n'))

    def test_more_devices_than_there_is_room_for(self):
        """They cost neither the rest of the report nor the word that something is missing."""
        root = machines.unpack('debian12-6.18', os.path.join(self.home, 'root'))
        with open(os.path.join(root, 'proc/self/mountinfo'), 'w', encoding='ascii') as f:
            f.write(f'1 2 {device(root)} / / rw - ext4 /dev/sda1 rw\n')
        with open(os.path.join(root, 'proc/net/dev'), 'w', encoding='ascii') as f:
            f.writelines(f'veth{i:08d}:' + ' 123456' * 16 + '\n' for i in range(6000))
        talk = Talk([PROBE, '--root', root], self.env).run(request(9, self.key))
        text = self.key.open(talk.files[0].data)
        for name in ('node_filesystem_size_bytes{', 'node_memory_MemTotal_bytes ', 'node_load1 ',
                     'node_processes_pids ', 'node_disk_io_time_seconds_total{',
                     'node_cpu_seconds_total{cpu="0",mode="user"}',
                     'node_network_receive_bytes_total{device="veth00000000"}',
                     'fleet_reports_dropped_total 0', 'fleet_report_truncated 1\n# EOF'):
            self.assertTrue('\n' + name in text, name)
        self.assertFalse('node_network_transmit_drop_total{device="veth00005999"}' in text)
        self.assertGreater(int(re.search(r'^fleet_report_samples_dropped (\d+)$', text, re.M)[1]), 10000)
        self.assertRegex(text, r'\nfleet_source_cut{source="netdev"} 3\d\d\d\n')

    def test_more_cpus_than_there_is_room_for(self):
        root = machines.unpack('debian12-6.18', os.path.join(self.home, 'root'))
        with open(os.path.join(root, 'proc/self/mountinfo'), 'w', encoding='ascii') as f:
            f.write(f'1 2 {device(root)} / / rw - ext4 /dev/sda1 rw\n')
        with open(os.path.join(root, 'proc/stat'), 'w', encoding='ascii') as f:
            f.write('ctxt 3\nbtime 1700000000\n')
            f.writelines(f'cpu{i} 1234567890 2 3 4 5 6 7 8 0 0\n' for i in range(4000))
        talk = Talk([PROBE, '--root', root], self.env).run(request(9, self.key))
        text = self.key.open(talk.files[0].data)
        for name in ('node_boot_time_seconds 1700000000', 'node_memory_MemTotal_bytes ',
                     'node_load1 ', 'node_processes_pids ', 'node_filesystem_size_bytes{',
                     'node_cpu_seconds_total{cpu="0",mode="user"} 12345678.90',
                     'fleet_report_truncated 1\n# EOF'):
            self.assertTrue('\n' + name in text, name)

    def test_resident_memory(self):
        """Under 2 MiB, also when the kernel's files and the report are as long as they may be; and
        nothing was allocated beside the arena."""
        root = os.path.join(self.home, 'root')
        os.makedirs(os.path.join(root, 'proc/net'))
        with open(os.path.join(root, 'proc/net/dev'), 'w', encoding='ascii') as f:
            f.writelines(f'veth{i:08d}:' + ' 123456' * 16 + '\n' for i in range(20000))
        owners = os.path.join(self.home, 'owners')
        custom = os.path.join(owners, 'var/lib/prometheus/node-exporter')
        os.makedirs(custom)
        for number in range(3):
            with open(os.path.join(custom, f'{number}.prom'), 'w', encoding='ascii') as f:
                f.writelines(f'm{number}_{i % 300}{{a="{i}",b="{"x" * 140}"}} 1\n'
                             for i in range(1400))
        for arguments, least in (((), 1000), (('--root', root), 600000),
                                 (('--root', owners), 600000)):
            talk = Talk([PROBE, *arguments], self.env)
            talk.send(request(1, self.key))
            talk.take_file(talk.line()[1:])
            self.assertEqual(talk.take(talk.line()), 'done')
            with open(f'/proc/{talk.process.pid}/status', encoding='ascii') as f:
                peak = int(re.search(r'^VmHWM:\s+(\d+) kB$', f.read(), re.M)[1])
            with open(f'/proc/{talk.process.pid}/maps', encoding='utf-8') as f:
                self.assertNotIn('[heap]', f.read())
            talk.end()
            self.assertGreater(len(talk.files[0].data), least)
            self.assertLess(peak, 2048)

    def test_a_file_that_is_cut(self):
        root = os.path.join(self.home, 'root')
        os.makedirs(os.path.join(root, 'proc'))
        with open(os.path.join(root, 'proc/meminfo'), 'w', encoding='ascii') as f:
            f.write('MemTotal: 1 kB\n' + 'x\n' * (1 << 19))
        text = run('--root', root, '--plain').stdout
        self.assertIn('node_memory_MemTotal_bytes 1024\n', text)
        self.assertEqual(re.findall('\nfleet_source_cut(.*)', text), ['{source="meminfo"} 1'])
        self.assertIn('fleet_report_truncated 1\n', text)

    def test_modes_and_names(self):
        self.ask(8, ack=lambda f: False)
        self.assertEqual(self.names(), [f'{8:016x}.sealed'])
        for path in (self.cache, self.folder()):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o700)
        name = os.path.join(self.folder(), self.names()[0])
        self.assertEqual(stat.S_IMODE(os.stat(name).st_mode), 0o600)

    def test_bad_requests(self):
        good = request(1, self.key)
        for bad in ('', '\n', 'hello\n', 'fleet1 request\n', good.replace(' keep=0', ''),
                    good.replace(self.key.id, '../../../../../x'), good[:-1], 'x' * 5000 + '\n'):
            talk = self.talk()
            talk.send(bad)
            talk.process.stdin.close()
            talk.take(talk.line())
            talk.end()
            self.assertEqual(talk.error[0], 'probe-failed', bad)
            self.assertEqual(talk.status, FAILED)
            self.assertFalse(os.path.exists(self.cache))

    def test_key_of_no_use(self):
        """A point of low order: libsodium refuses, and nothing is left lying about."""
        self.key.public = type('', (), {'raw': bytes(32)})
        self.assertEqual(self.ask(1).error[0], 'probe-failed')
        self.assertEqual(self.names(), [])

    def test_caps_below_one_report(self):
        for caps in ({'files': 0}, {'size': 10}):
            self.assertEqual(self.ask(1, **caps).error[0], 'probe-failed')

    def test_closed_and_blocked(self):
        """Signals ignored or blocked, descriptors closed: by whoever started it."""
        def spoil():
            os.close(2)
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM, signal.SIGPIPE])
            os.set_blocking(1, False)
        self.assertEqual(self.ask(9, talk={'preexec_fn': spoil}).done, [1])


class Leftovers(Case):
    def test_kept_until_acknowledged(self):
        self.ask(1, ack=lambda f: False)
        second = self.ask(2, ack=lambda f: f.index == 1)
        self.assertEqual(self.ids(second), [1, 2])
        self.assertEqual(self.names(), [f'{1:016x}.sealed'])
        third = self.ask(3)
        self.assertEqual(self.ids(third), [1, 3])
        self.assertEqual(self.names(), [])

    def test_cut_off_mid_transfer(self):
        talk = self.talk()
        talk.send(request(1, self.key))
        talk.process.stdout.read(100)
        talk.process.stdout.close()
        talk.process.stdin.close()
        talk.process.wait(timeout=30)
        self.assertEqual(self.ids(self.ask(2)), [1, 2])

    def test_copies_stay_when_asked(self):
        for attempt in range(1, 6):
            self.assertEqual(self.ids(self.ask(attempt, keep=2)), [attempt])
        self.assertEqual(self.names(), [f'{4:016x}.kept', f'{5:016x}.kept'])
        self.ask(6)
        self.assertEqual(self.names(), [])

    def test_each_collector_gets_its_own(self):
        other = Key()
        self.ask(1, ack=lambda f: False)
        self.assertEqual([f.key_id for f in self.ask(2, other, ack=lambda f: False).files], [other.id])
        both = self.ask(3, other, opens=[other, self.key])
        self.assertEqual([f.key_id for f in both.files], [self.key.id, other.id, other.id])
        self.assertEqual(self.names() + self.names(other), [])

    def test_caps_of_a_connection(self):
        for attempt in range(100):
            self.put(f'{attempt:016x}.sealed', b'x' * 1000)
        talk = self.ask(1000, ack=lambda f: True)
        self.assertEqual(len(talk.files), 64)
        self.assertEqual(talk.done, [64])
        self.assertEqual(self.ids(type('', (), {'files': talk.files[-1:]})), [1000])
        self.assertEqual(len(self.names()), 37)
        self.assertEqual(self.ask(1001, files=3).done, [3])
        self.assertLess(sum(len(f.data) for f in self.ask(1002, size=20000).files), 20000)

    def test_caps_of_the_client(self):
        for attempt in range(256):
            self.put(f'{attempt:016x}.sealed', b'x')
        talk = self.ask(1000, files=1, ack=lambda f: False)
        self.assertEqual((talk.done, self.dropped(talk)), ([1], 1))
        self.assertNotIn(f'{0:016x}.sealed', self.names())
        self.assertEqual(self.dropped(self.ask(1001, files=1)), 2)
        for attempt in range(8):
            self.put(f'{attempt:016x}.sealed', b'x' * (1 << 20))
        talk = self.ask(1002, files=1)
        self.assertGreater(self.dropped(talk), 2)
        self.assertLessEqual(sum(os.path.getsize(os.path.join(self.folder(), n)) for n in self.names()),
                             8 << 20)

    def test_copies_go_before_what_is_undelivered(self):
        for attempt in range(256):
            self.put(f'{attempt:016x}.' + ('kept' if attempt == 200 else 'sealed'), b'x')
        self.assertEqual(self.ask(1000, files=1, keep=9, ack=lambda f: False).done, [1])
        self.assertNotIn(f'{200:016x}.kept', self.names())

    def test_foreign_names(self):
        foreign = ['README', 'x.sealed', f'{1:016x}', f'{1:016X}A.sealed', f'{1:015x}.sealed',
                   f'{1:016x}.sealed.x', 'new\nline', f'{11:016X}.sealed']
        for name in foreign:
            self.put(name, b'mine')
        self.put(f'{2:016x}.sealed', b'')              # what a power cut left
        os.symlink('/etc/passwd', os.path.join(self.folder(), f'{3:016x}.sealed'))
        os.mkdir(os.path.join(self.folder(), f'{4:016x}.sealed'))
        self.put(f'{5:016x}.sealed', b'x' * ((1 << 20) + 1))
        self.assertEqual(self.ids(self.ask(100)), [100])
        self.assertEqual(self.names(), sorted(foreign + [f'{i:016x}.sealed' for i in (3, 4, 5)]))

    def test_old_temporary_files_go(self):
        self.put('tmp-1', b'x')
        self.put('tmp-2', b'x')
        os.utime(os.path.join(self.folder(), 'tmp-1'), (1, 1))
        self.ask(1)
        self.assertEqual(self.names(), ['tmp-2'])

    def test_folder_of_others(self):
        self.put(f'{1:016x}.sealed', b'x')
        os.chmod(self.folder(), 0o750)
        xdg = self.home + '/xdg'
        os.mkdir(xdg)
        self.env['XDG_CACHE_HOME'] = xdg
        self.assertEqual(self.ids(self.ask(2, ack=lambda f: False)), [2])
        self.assertEqual(os.listdir(f'{xdg}/fleet-health/{self.key.id}'), [f'{2:016x}.sealed'])


class Limits(Case):
    def limited(self, what, value):
        return {'preexec_fn': lambda: resource.setrlimit(what, (value, value))}

    def test_disk_full(self):
        """A file size limit of nothing fails every write as a full disk does, in all folders."""
        self.ask(1, ack=lambda f: False)
        before = self.names()
        talk = self.ask(2, talk=self.limited(resource.RLIMIT_FSIZE, 0))
        self.assertEqual(self.ids(talk), [1, 2])
        self.assertEqual([f.spooled for f in talk.files], [True, False])
        self.assertEqual((talk.done, talk.status), ([2], DONE))
        self.assertEqual((len(before), self.names()), (1, []))
        elsewhere = [f'{d}/fleet-health-{os.getuid()}/{self.key.id}' for d in ('/var/tmp', '/tmp', '/dev/shm')]
        self.assertEqual([d for d in elsewhere if os.path.exists(d)], [])

    def test_few_descriptors(self):
        """The report is sent, if not kept, and says that it is not all."""
        def told(talk):
            self.assertEqual((talk.done, talk.status), ([len(talk.files)], DONE))
            report = self.key.open(talk.files[-1].data)
            return set(re.findall('^# TYPE (.*)', report, re.M)), '_truncated 1\n' in report
        whole, is_cut = told(self.ask(1, ack=lambda f: False, asks=' ask=network-mounts:yes'))
        self.assertFalse(is_cut)
        cuts = []
        for limit in range(4, 10):
            talk = self.ask(limit, ack=lambda f: False, asks=' ask=network-mounts:yes',
                            talk=self.limited(resource.RLIMIT_NOFILE, limit))
            families, is_cut = told(talk)
            cuts.append(is_cut)
            with self.subTest(limit):
                self.assertEqual(whole - families if not is_cut else set(), set())
                self.assertIn('gauge', {f.split()[1] for f in families})
        self.assertEqual(cuts, sorted(cuts, reverse=True))
        self.assertEqual((cuts[0], cuts[-1]), (True, False))
        self.assertTrue(talk.files[-1].spooled)

    def test_little_time(self):
        self.assertEqual(self.ask(1, talk=self.limited(resource.RLIMIT_CPU, 1)).done, [1])

    def test_little_memory(self):
        for size, works in ((16 << 20, True), (4 << 20, False)):
            talk = self.ask(1, talk=self.limited(resource.RLIMIT_AS, size))
            self.assertEqual(talk.done, [1] if works else None)
            self.assertEqual(talk.error and talk.error[0], None if works else 'probe-failed')

    def test_killed_while_nobody_reads(self):
        """What was sealed is on the disk before a byte of it is sent."""
        talk = self.talk()
        talk.send(request(1, self.key))
        deadline = time.monotonic() + 20
        while not self.names() and time.monotonic() < deadline:
            time.sleep(0.05)
        talk.process.kill()
        talk.end()
        self.assertEqual(self.ids(self.ask(2)), [1, 2])


class Refused(Case):
    def test_what_root_would_add(self):
        root = machines.unpack('debian12-6.18', os.path.join(self.home, 'root'))
        for name in ('meminfo', 'sys/kernel/pid_max', 'sys/net/netfilter/nf_conntrack_max'):
            os.chmod(os.path.join(root, 'proc', name), 0)
        as_user = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search']
        text = subprocess.run([*(as_user if os.getuid() == 0 else []), PROBE, '--root', root, '--plain'],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True,
                              timeout=60).stdout
        self.assertNotIn('node_memory', text)
        self.assertEqual(re.findall('^fleet_source_denied.*$', text, re.M),
                         ['fleet_source_denied{source="meminfo"} 1',
                          'fleet_source_denied{source="sysctl"} 1'])


class HostileKernelText(Case):
    def test_escaped(self):
        root = self.home + '/root'
        os.makedirs(root + '/proc/self')
        os.makedirs(root.encode() + b'/mnt/a b\n"\\\xff\x1b')
        with open(root + '/proc/self/mountinfo', 'wb') as f:
            f.write(f'1 2 {device(root)} / '.encode() +
                    b'/mnt/a\\040b\\012"\\134\xff\x1b rw - ext4 /dev/\x01 rw\n'
                    b'1 2 8:0 / / rw - ext4 /dev/elsewhere rw\n')
        self.assertNotIn('elsewhere', run('--root', root, '--plain').stdout)
        text = run('--root', root, '--plain').stdout
        self.assertIn('{device="/dev/\\\\x01",fstype="ext4",'
                      'mountpoint="/mnt/a b\\\\x0a\\"\\\\\\\\xff\\\\x1b"} ', text)

    def test_garbage(self):
        root = self.home + '/root'
        os.makedirs(root + '/proc/self')
        os.makedirs(root + '/proc/net')
        for name in ('stat', 'loadavg', 'meminfo', 'self/mountinfo', 'diskstats', 'net/dev'):
            with open(f'{root}/proc/{name}', 'wb') as f:
                f.write(os.urandom(3 << 20))
        result = subprocess.run([PROBE, '--root', root, '--plain'], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, env={}, timeout=60, check=True)
        self.assertTrue(result.stdout.decode().endswith('# EOF\n'))


if __name__ == '__main__':
    unittest.main()
