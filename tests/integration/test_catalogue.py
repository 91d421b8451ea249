"""The catalogue is of what the probe reports: every raw name that a metric is made of."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from rig.fleet import PROGRAMS
from rig.probe import PROBE
from rig.smtp import openssl

PLACE = os.path.dirname(os.path.abspath(__file__))
MACHINES = os.path.join(PLACE, '..', 'fixtures', 'proc', '*.prom')
ELSEWHERE = os.path.join(PLACE, '..', '..', '..', 'shared', 'fixtures', 'node_exporter.tar.gz')
NAME = re.compile(r'^[a-zA-Z_:][a-zA-Z0-9_:]*')

# What none of these has, and where it is shown instead.
UNSEEN = {
    'fleet_filesystem_stuck': 'needs a dead file server: test_filesystems.py',
    'fleet_filesystem_unmeasured': 'needs a machine without processes to be had: test_filesystems.py',
    'fleet_reports_dropped_total': 'is of what was sealed: test_leftovers.py',
    'fleet_systemd_unit_failed': 'needs a bus: test_probe_systemd.py',
    'fleet_source_cut': 'needs a machine with too much of something: test_probe.py',
    'node_hwmon_power_watt': 'needs a server that measures its power',
    'node_os_support_end_timestamp_seconds': 'needs a distribution that says so',
    'node_rapl_dram_joules_total': 'needs a server with RAPL zones of memory',
    'node_systemd_system_running': 'needs a bus: test_probe_systemd.py',
    'node_systemd_units': 'needs a bus: test_probe_systemd.py',
}
# Of node_exporter's own machine, whose files need not be beside the project.
RARE = re.compile('node_(bonding|edac|hwmon|cooling|rapl|power_supply|thermal|md)_')


def names(text):
    return {NAME.match(line).group() for line in text.splitlines() if NAME.match(line)}


def plain(*arguments):
    return names(subprocess.run([PROBE, '--plain', *arguments], check=True, env={}, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout)


class Catalogue(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='fleet-catalogue-')
        self.addCleanup(shutil.rmtree, self.folder)

    def asked(self):
        """This machine, asked for all that can be asked for."""
        with open(os.path.join(self.folder, 'own.prom'), 'w', encoding='utf-8') as f:
            f.write('room_celsius 21\nnot a sample\n')
        certificate = os.path.join(self.folder, 'site.pem')
        openssl('req', '-x509', '-newkey', 'ed25519', '-nodes', '-days', '10', '-subj', '/CN=site',
                '-keyout', os.path.join(self.folder, 'site.key'), '-out', certificate)
        asks = (f'process:{os.path.basename(sys.executable)[:15]}', f'file:{__file__}',
                f'certificate:{certificate}', f'textfile:{self.folder}')
        return plain(*(word for ask in asks for word in ('--ask', ask)))

    def reported(self):
        found = self.asked()
        for machine in glob.glob(MACHINES):
            with open(machine, encoding='utf-8') as f:
                found |= names(f.read())
        if os.path.exists(ELSEWHERE):
            shutil.unpack_archive(ELSEWHERE, self.folder)
            found |= plain('--root', self.folder)
        return found

    def test_every_source_is_reported(self):
        out = subprocess.run([PROGRAMS['fleet'], 'metrics', '--json'], check=True, env={},
                             stdout=subprocess.PIPE).stdout
        sources = {m['source'] for m in json.loads(out)} - {''}
        found = self.reported()
        missing = sources - found
        if not os.path.exists(ELSEWHERE):
            missing = {name for name in missing if not RARE.match(name)}
        self.assertEqual(missing - set(UNSEEN), set())
        self.assertEqual(set(UNSEEN) - sources, set())  # a row that nothing needs
        print(f'{len(sources)} raw names in the catalogue, of {len(found)} that are reported')


if __name__ == '__main__':
    unittest.main()
