"""The probe says of node_exporter's own fixtures what node_exporter says of them."""
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest

from rig.probe import PROBE

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
ARCHIVE = os.path.join(TOP, '..', 'shared', 'fixtures', 'node_exporter.tar.gz')
SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$')
# Not in the fixtures: their machine's filesystems, and /proc/net/dev (it asks netlink).
ABSENT = ('fleet_', 'node_filesystem_', 'node_network_', 'node_memory_MemAvailable_bytes')


def read(text):
    """{family: (type, {labels: value})}"""
    families = {}
    for line in text.splitlines():
        if line.startswith('# TYPE '):
            _, _, name, kind = line.split(' ')
            families[name] = (kind, {})
        elif match := SAMPLE.match(line):
            name, labels, value = match.groups()
            if name in families:
                families[name][1][tuple(sorted((labels or '').split('",')))] = float(value)
    return families


class NodeExporter(unittest.TestCase):
    def test_same_names_labels_types_values(self):
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(ARCHIVE) as archive:
                archive.extractall(folder)
            ours = subprocess.run([PROBE, '--root', folder, '--plain'], check=True, env={},
                                  stdout=subprocess.PIPE, text=True).stdout
            with open(os.path.join(folder, 'e2e-output.txt'), encoding='utf-8') as f:
                theirs = read(f.read())
        compared = 0
        for name, (kind, samples) in read(ours).items():
            if name.startswith(ABSENT):
                continue
            self.assertIn(name, theirs)
            self.assertEqual(kind, theirs[name][0], name)
            self.assertEqual(samples.keys(), theirs[name][1].keys(), name)
            for labels, value in samples.items():
                self.assertAlmostEqual(value, theirs[name][1][labels], places=3, msg=(name, labels))
                compared += 1
        self.assertGreater(compared, 150)


if __name__ == '__main__':
    if not os.path.exists(ARCHIVE):
        print('skipped: ../shared/fixtures is not here')
        sys.exit(77)
    unittest.main()
