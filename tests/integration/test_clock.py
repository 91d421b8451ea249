"""A wall clock that jumps while a run is at work."""
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import time
import unittest

from rig.fleet import BUILD
from rig.shows import shows
from test_schedule import ScheduleTest


class Clock(ScheduleTest):
    """A wall clock that is set two hours forth, or back, while a run is at work."""

    JUMP = 7200000

    def start(self):
        """A copy of the programs, for a clock of its own, which helpers see whoever they are."""
        os.chmod(self.folder, 0o755)
        program = str(self.folder / 'fleet-collector')
        for name in ('collector', 'helper'):
            copy = self.folder / f'fleet-{name}'
            shutil.copy(os.path.join(BUILD, 'tests', 'torture', f'jumping-{name}'), copy)
            os.chmod(copy, 0o755)
        self.clock = self.folder / 'clock'
        self.clock.write_bytes(struct.pack('=q', 0))
        return subprocess.Popen([program, '-c', self.fleet.config, '-v'], stderr=subprocess.PIPE,
                                stdin=subprocess.DEVNULL, text=True)

    def run_over_a_jump(self, ms):
        process = self.start()
        started = time.monotonic()
        for line in process.stderr:
            if 'good: ok' in line:
                break
        with open(self.clock, 'r+b') as f:
            f.write(struct.pack('=q', ms))
        err = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 0, err)
        return time.monotonic() - started

    @shows('38')
    def test_deadlines_hold_and_samples_keep_their_order(self):
        self.serve()
        with socket.create_server(('127.0.0.1', 0)) as silent:
            probes = os.path.join(BUILD, 'remote')
            self.fleet.write_config(
                f'<collector probe-dir="{probes}" deadline="10s"/>' +
                self.client('good') + self.client('late', silent.getsockname()[1],
                                                  'timeout="4s"') +
                ''.join(self.client(f'cut{i}', silent.getsockname()[1]) for i in range(2)))
            took = [self.run_over_a_jump(ms) for ms in (self.JUMP, -self.JUMP)]
        self.assertTrue(all(7 <= seconds < 13 for seconds in took), took)
        rows = self.fleet.rows(
            "SELECT c.name, s.outcome, s.duration_ms / 1000, "
            "strftime('%s', s.received_at) - strftime('%s', s.taken_at) FROM sample s "
            'JOIN client c ON c.id = s.client_id ORDER BY s.id')
        good = [row for row in rows if row[0] == 'good']
        late = [row for row in rows if row[0] == 'late']
        self.assertEqual([row[1] for row in good], ['ok'] * 2)
        self.assertEqual([row[1] for row in late], ['timeout'] * 2)
        self.assertTrue(all(3 <= row[2] <= 6 for row in late), late)
        jumps = [round(row[3] / 3600) for row in late]
        self.assertEqual(jumps, [2, -2])  # so it did jump
        self.assertEqual(self.fleet.spool_files(), [])


if __name__ == '__main__':
    unittest.main()
