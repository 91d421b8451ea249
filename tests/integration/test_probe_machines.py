"""The probes for other machines, under qemu's user mode emulation: the same report byte for byte,
and a conversation that ends well."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

from rig import machines
from rig.fleet import BUILD
from rig.probe import PROBE, Key, Talk, digest, request

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
ELSEWHERE = os.path.join(TOP, '..', 'shared', 'fixtures', 'node_exporter.tar.gz')
PACKAGES = os.environ.get('FLEET_PACKAGES', '')
EMULATORS = {'aarch64': 'qemu-aarch64', 'armv7l': 'qemu-arm', 'x86_64': 'qemu-x86_64'}

# What statvfs(3) says of this machine's own disks, between two calls.
MOVES = re.compile(r'^node_filesystem_(avail_bytes|free_bytes|files_free)\{.*\n', re.M)


def find_emulator(machine):
    names = [EMULATORS[machine] + end for end in ('-static', '')]
    places = [os.path.join(PACKAGES, 'usr', 'bin', n) for n in names] + [shutil.which(n) for n in names]
    return next((p for p in places if p and os.path.exists(p)), None)


def probes():
    """(machine, argv) of every probe here for another machine."""
    for path in sorted(glob.glob(PROBE + '-*')):
        machine = path[len(PROBE) + 1:]
        emulator = machine in EMULATORS and find_emulator(machine)
        if emulator:
            yield machine, [emulator, path]


def plain(argv, root):
    out = subprocess.run([*argv, '--plain', '--root', root], stdin=subprocess.DEVNULL, env={},
                         stdout=subprocess.PIPE, text=True, timeout=120, check=True).stdout
    return MOVES.sub('', out)


@unittest.skipUnless(list(probes()), 'no probe for another machine was built here, or no qemu: '
                     'gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf qemu-user-static')
class Machines(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='fleet-machines-')
        self.addCleanup(shutil.rmtree, self.folder)

    def roots(self):
        roots = [machines.unpack(n, os.path.join(self.folder, n)) for n in machines.NAMES]
        if os.path.exists(ELSEWHERE):
            with tarfile.open(ELSEWHERE) as tar:
                tar.extractall(os.path.join(self.folder, 'elsewhere'))
            roots.append(os.path.join(self.folder, 'elsewhere'))
        return roots

    def test_the_same_report(self):
        roots = self.roots()
        self.assertTrue(roots)
        for root in roots:
            expected = plain([PROBE], root)
            self.assertGreater(expected.count('\n'), 10)
            for machine, argv in probes():
                with self.subTest(machine=machine, root=os.path.basename(root)):
                    self.assertEqual(plain(argv, root), expected)
        print(f'{len(roots)} fixtures on {", ".join(m for m, _ in probes())}')

    def test_conversation(self):
        for machine, argv in probes():
            with self.subTest(machine=machine):
                key = Key()
                talk = Talk(argv, {'HOME': self.folder}).run(request(1, key))
                self.assertIsNone(talk.error)
                self.assertEqual((talk.done, talk.status), ([1], 40))
                report = key.open(talk.files[0].data)
                self.assertTrue(report.endswith('# EOF\n'))
                with open(argv[-1], 'rb') as f:
                    self.assertIn(digest(f.read()), report.split('\n', 1)[0])

    def test_is_static_and_for_that_machine(self):
        elf = {'aarch64': 183, 'armv7l': 40, 'x86_64': 62}  # e_machine, elf(5)
        for machine, argv in probes():
            with open(argv[-1], 'rb') as f:
                head = f.read(20)
            self.assertEqual(int.from_bytes(head[18:20], 'little'), elf[machine])


if __name__ == '__main__':
    done = unittest.main(exit=False).result
    sys.exit(not done.wasSuccessful() or (77 if done.skipped else 0))  # 77: skipped
