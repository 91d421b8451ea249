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
COMMON = 100  # names that both have, at the least
SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')

# What node_exporter's output leaves out because its end-to-end test starts it with flags that say
# so: samples of ours are compared when the label matches.
FLAGS = (
    ('node_hwmon_', 'chip', r'applesmc|asus_nb_wmi|coretemp|hwmon4|ieee80211|nct6779'),
    ('node_network_', 'device', r'^(?!(dmz|int)$)'),
)

def escaped(value):
    """As it is within the quotes."""
    return ''.join(c if c >= ' ' else f'\\\\x{ord(c):02x}' for c in value)


def each(change):
    """Of all samples of a family: change({label: value}), which is the new labels or None."""
    def changed(samples):
        new = {labels: change(dict(labels)) for labels in samples}
        return {tuple(sorted(new[labels].items())): value for labels, value in samples.items()
                if new[labels] is not None}
    return changed


UDEVS = {'model', 'path', 'revision', 'serial', 'wwn'}
MULTIPATH = {'device': 'dm-5', 'name': 'mpathA', 'uuid': 'mpath-3600508b1001c1234567890abcdef1234'}
without_parts = each(lambda l: None if re.fullmatch(r'mmcblk\d+p\d+', l['device']) else l)
without_root = each(lambda l: {**l, 'path': l['path'].removeprefix('collector/fixtures')})

# Where the probe says something else on purpose: all of it. What it says then, made of what
# node_exporter says, and so of the same values.
DIFFERENCES = {
    # interfaces in a bond have no folder of their own there
    'node_bonding_active': each(lambda l: None if l['master'] in ('dmz', 'int') else l),
    # udev's database is not in the archive; /sys has the one that is a multipath
    'node_disk_device_mapper_info': lambda _: {tuple(sorted(MULTIPATH.items())): 1},
    'node_disk_info': lambda samples: each(
        lambda l: {k: v for k, v in l.items() if k not in UDEVS})(without_parts(samples)),
    # control characters are made visible
    'node_dmi_info': each(lambda l: {k: escaped(v) for k, v in l.items()}),
    # that there are no zombies is told, too
    'node_processes_state': lambda samples: {**samples, (('state', 'Z'),): 0},
    'node_rapl_core_joules_total': without_root,
    'node_rapl_package_joules_total': without_root,
    # partitions of a card are none of its disks, as those of others
    **{f'node_disk_{name}': without_parts for name in (
        'io_now', 'io_time_seconds_total', 'io_time_weighted_seconds_total', 'read_bytes_total',
        'read_time_seconds_total', 'reads_completed_total', 'reads_merged_total',
        'write_time_seconds_total', 'writes_completed_total', 'writes_merged_total',
        'written_bytes_total')},
}

# Names of node_exporter's that its output lacks: all of them. A pattern of names, and why.
ONLY_OURS = {
    'node_netstat_Tcp_AttemptFails': 'not among the fields that it takes unless told',
    'node_swap_.*': 'its collector is off unless asked for',
}


class Family:
    def __init__(self, kind):
        self.kind = kind
        self.samples = {}


def read(text):
    """{name: Family}"""
    families = {}
    for line in text.split('\n'):
        if line.startswith('# TYPE '):
            _, _, name, kind = line.split(' ')
            families[name] = Family(kind)
        elif match := SAMPLE.match(line):
            name, labels, value = match.groups()
            key = tuple(sorted(l for l in LABEL.findall(labels or '') if l[1]))  # "" is none
            if name in families:
                assert key not in families[name].samples, line
                families[name].samples[key] = float(value)
    return {name: family for name, family in families.items() if family.samples}


def flagged(name, labels):
    """Whether the flags of that run let node_exporter say this."""
    return all(not name.startswith(prefix) or re.search(pattern, dict(labels).get(label, ''))
               for prefix, label, pattern in FLAGS if label in dict(labels))


def compare(name, ours, theirs, meant):
    """What differs from what is meant, in words."""
    if ours.kind != theirs.kind:
        yield f'{name}: type {ours.kind}, not {theirs.kind}'
    mine = {labels: value for labels, value in ours.samples.items() if flagged(name, labels)}
    wanted = meant(theirs.samples)
    for labels in sorted(mine.keys() ^ wanted.keys()):
        yield f'{name}{dict(labels)}: {"not meant" if labels in mine else "missing"}'
    for labels in mine.keys() & wanted.keys():
        a, b = mine[labels], wanted[labels]
        if abs(a - b) > 1e-12 * max(abs(a), abs(b)):
            yield f'{name}{dict(labels)}: {a!r}, not {b!r}'


def unlisted(found, table):
    """What no row of the table matches, and rows that match nothing."""
    return ([text for name, text in found if not any(re.fullmatch(p, name) for p in table)],
            [p for p in table if not any(re.fullmatch(p, name) for name, _ in found)])


class NodeExporter(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(ARCHIVE) as archive:
                archive.extractall(folder)
            plain = subprocess.run([PROBE, '--root', folder, '--plain'], check=True, env={},
                                   stdout=subprocess.PIPE, text=True, timeout=60).stdout
            cls.ours = read(plain)
            with open(os.path.join(folder, 'e2e-output.txt'), encoding='utf-8') as f:
                cls.theirs = read(f.read())
        cls.common = sorted(cls.ours.keys() & cls.theirs.keys())

    def test_enough_in_common(self):
        print(f'\n{len(self.common)} names in common with node_exporter, '
              f'{sum(len(self.ours[n].samples) for n in self.common)} samples')
        self.assertGreaterEqual(len(self.common), COMMON)

    def differences(self, table):
        return [text for name in self.common for text in compare(
            name, self.ours[name], self.theirs[name], table.get(name, each(lambda labels: labels)))]

    def test_common_names_agree(self):
        self.assertEqual(self.differences(DIFFERENCES), [])
        found = {text.partition('{')[0] for text in self.differences({})}
        self.assertEqual(DIFFERENCES.keys() - found, set(), 'no difference: take it off the list')

    def test_no_names_of_our_own_under_its_prefix(self):
        found = [(name, name) for name in self.ours
                 if name.startswith('node_') and name not in self.theirs]
        new, stale = unlisted(found, ONLY_OURS)
        self.assertEqual(new, [], 'unknown to node_exporter')
        self.assertEqual(stale, [], 'not reported: take it out of the list')


if __name__ == '__main__':
    if not os.path.exists(ARCHIVE):
        print('skipped: ../shared/fixtures is not here')
        sys.exit(77)
    unittest.main()
