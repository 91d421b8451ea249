"""Clients that lie, over the real SSH with seals that open: about who they are, how much they
have, what they measured and when. Each lie stays with the one who told it."""
import json
import math
import os
import re
import shutil
import sys
import time
import unittest

from rig.fleet import Fleet
from rig.puppet import BOOT, Puppet
from rig.shows import shows
from rig.sshd import Sshd
from test_collect import CollectTest

TEN_YEARS_MS = 10 * 365 * 86400 * 1000
CONTROL = re.compile('[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]')


def filesystem(mount, size='1000', avail='0'):
    label = f'{{device="/dev/x",fstype="ext4",mountpoint="{mount}"}}'
    return (f'node_filesystem_size_bytes{label} {size}\nnode_filesystem_free_bytes{label} {avail}\n'
            f'node_filesystem_avail_bytes{label} {avail}\n')


class Lies(CollectTest):
    """`liar` is answered for by the test; the others are honest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.puppet = Puppet(str(cls.folder))
        cls.addClassCleanup(cls.puppet.stop)
        cls.stage = Sshd(cls.folder / 'stage', authorized=[cls.key + '.pub'],
                         key_options=cls.puppet.key_options, addresses=('127.0.0.3',))
        cls.stage.start()
        cls.addClassCleanup(cls.stage.stop)

    def setUp(self):
        super().setUp()
        self.fleet.write('known_hosts', self.sshd.known_hosts() + self.stage.known_hosts())
        self.configure(self.client('honest'), self.liar())
        self.puppet.acks.clear()

    def liar(self, name='liar', more=''):
        return self.client(name, '127.0.0.3', self.stage.port, more)

    def lie(self, answer, *arguments):
        """One run with that answer; what it said on standard error."""
        self.puppet.answer = answer
        return self.collect(*arguments).err

    def rows(self, name='liar'):
        return self.fleet.rows('SELECT s.outcome, s.first_outcome FROM sample s JOIN client c '
                               'ON c.id = s.client_id WHERE c.name = ? ORDER BY s.id', name)

    def latest(self, name='liar'):
        return {(metric, instance): value for metric, instance, value in self.fleet.rows(
            'SELECT metric, instance, value FROM latest WHERE client = ?', name)}


class Identity(Lies):
    def test_the_puppet_can_be_honest(self):
        self.lie(lambda request: request.say(request.sealed()))
        self.assertEqual(self.rows(), [('ok', 'ok')])
        self.assertEqual(self.latest()['load1', ''], 1)
        self.assertEqual(self.puppet.acks, ['fleet1 ack 0'])

    @shows('24')
    def test_reports_of_another_host(self):
        self.configure(self.liar('victim'), self.liar())
        stolen = []

        def steal(request):
            stolen.append((request.key_id, request.sealed('node_load1 7\n')))
            return request.say(stolen[0][1])

        def replay(request):
            mine = request.sealed(id=f'{int(request.fields["id"], 16) - 1:016x}')
            yield b'\nfleet1 ready\n' + request.frame(stolen[0][1], 0, stolen[0][0])
            yield request.frame(mine, 1, stolen[0][0]) + b'fleet1 done 2\n'

        self.lie(steal, '--client', 'victim')
        said = self.lie(replay, '--client', 'liar')
        self.assertIn('2 reports did not open', said)
        self.assertEqual(self.rows('victim'), [('ok', 'ok')])
        self.assertEqual(self.rows(), [('stale', 'stale')])
        self.assertEqual(self.readings('load1'), [('victim', self.samples('s.id')[0][0], 7)])

    def test_own_report_under_another_hosts_key_id(self):
        self.configure(self.liar('victim'), self.liar())
        self.lie(lambda request: request.say(request.sealed()), '--client', 'victim')
        other = self.puppet.requests[-1].key_id

        def pose(request):
            self.assertNotEqual(request.key_id, other)
            return (b'\nfleet1 ready\n' + request.frame(request.sealed('node_load1 9\n'), 0, other) +
                    b'fleet1 done 1\n')
        self.lie(pose, '--client', 'liar')
        self.assertEqual(self.rows('victim'), [('ok', 'ok')])
        self.assertEqual((self.latest('victim')['load1', ''], self.latest()['load1', '']), (1, 9))

    @shows('24b')
    def test_paths_for_key_ids(self):
        lies = ['../../../../../x', '/etc/passwd', '..', '.', 'a' * 15 + '/', 'A' * 16, '0' * 17,
                '%2e%2e%2fx', '']
        for lie in lies:
            def pose(request, lie=lie):
                sealed = request.sealed()
                return f'\nfleet1 ready\nfleet1 file 0 {lie} {len(sealed)} spooled\n'.encode() + sealed
            self.lie(pose)
        self.assertEqual(self.rows(), [('truncated', 'truncated')] * len(lies))
        self.assertEqual(self.rows('honest'), [('ok', 'ok')] * len(lies))
        self.assertEqual({n for n in os.listdir(self.fleet.folder) if not n.startswith('fleet.db')}, {
            'config.xml', 'encrypted_stats', 'known_hosts', 'server.key', 'server.pub'})
        self.assertEqual(sorted(os.listdir(self.fleet.spool)), ['bad', 'hosts', 'lock', 'state'])

    @shows('24b')
    def test_ten_thousand_leftovers(self):
        def flood(request):
            yield b'\nfleet1 ready\n' + request.frame(request.sealed())
            for i in range(1, 10000):
                yield request.frame(os.urandom(200), i)
            yield b'fleet1 done 10000\n'

        said = self.lie(flood)
        self.assertIn('63 reports did not open', said)
        self.assertEqual(self.rows(), [('ok', 'too-large')])
        self.assertEqual(self.rows('honest'), [('ok', 'ok')])
        for _ in range(5):
            self.lie(flood)
        self.assertEqual(self.fleet.spool_files(), [])
        self.assertEqual(len(os.listdir(os.path.join(self.fleet.spool, 'bad'))), 256)

    def test_a_second_report_of_one_attempt(self):
        first = []

        def tell(request):
            first.append(request)
            return request.say(request.sealed('node_load1 1\n'))

        def tell_again(request):
            return request.say(first[0].sealed('node_load1 99\n'), request.sealed('node_load1 2\n'))
        self.lie(tell)
        said = self.lie(tell_again)
        self.assertIn('liar: another report of attempt', said)
        self.assertEqual(self.rows(), [('ok', 'ok')] * 2)
        self.assertEqual([v for name, _, v in self.readings('load1') if name == 'liar'], [1, 2])


class Keys(Lies):
    def hold_back(self):
        """A run that gets nothing; the report that was sealed for it, and its request."""
        held = []

        def seal(request):
            held.append((request.sealed('node_load1 3\n'), request))
            return b'\nfleet1 ready\nfleet1 error probe-failed not today\n'
        self.lie(seal, '--client', 'liar')
        self.assertEqual(self.rows(), [('probe-failed', 'probe-failed')])
        return held[0]

    def test_a_report_of_before_the_rotation(self):
        old, first = self.hold_back()
        self.assertEqual(self.fleet.run('fleet', 'keygen', '--rotate').status, 0)

        def deliver(request):
            self.assertNotEqual(request.key_id, first.key_id)
            self.assertIn(first.key_id, request.fields['open'].split(','))
            yield b'\nfleet1 ready\n' + request.frame(old, 0, first.key_id)
            yield request.frame(request.sealed(), 1) + b'fleet1 done 2\n'
        self.lie(deliver, '--client', 'liar')
        self.assertEqual(self.rows(), [('ok', 'probe-failed'), ('ok', 'ok')])

    @shows('24')
    def test_a_report_for_a_retired_key(self):
        old, first = self.hold_back()
        for name in ('server.key', 'server.pub'):
            os.unlink(self.fleet.path(name))

        def deliver(request):
            self.assertNotIn(first.key_id, request.fields['open'].split(','))
            return request.say(old, request.seal(request.report(), first.fields['key']))
        said = self.lie(deliver, '--client', 'liar')
        self.assertIn('2 reports did not open', said)
        self.assertEqual(self.rows(), [('probe-failed', 'probe-failed'), ('unsealed', 'unsealed')])
        self.assertEqual(self.readings('load1'), [])

    @shows('24')
    def test_one_report_again_and_again(self):
        first = []

        def replay(request):
            first.append(request.sealed())
            return request.say(first[0])
        for _ in range(3):
            self.lie(replay, '--client', 'liar')
        self.assertEqual(self.rows(), [('ok', 'ok')] + [('stale', 'stale')] * 2)
        self.assertEqual(len(self.readings('load1')), 1)


class Late(Lies):
    """Two collectors and one database, which one of them does not reach for three hours."""

    def setUp(self):
        super().setUp()
        self.configure(self.liar().replace('/>', '><alert type="disk" limit="90%"/></client>'))
        self.late = Fleet(self.fleet.folder + '-late')
        for name in ('config.xml', 'known_hosts'):
            shutil.copy(self.fleet.path(name), self.late.path(name))
        self.way = self.late.path('way')  # a symbolic link
        os.symlink(self.fleet.folder, self.way)
        self.late.write_config(f'<storage path="{self.way}/fleet.db"/>')
        self.assertEqual(self.late.run('collector').status, 0)
        with open(self.fleet.config, encoding='utf-8') as f:
            text = f.read()
        self.late.write('config.xml', text.replace(
            '<config>', f'<config><storage path="{self.way}/fleet.db"/>'))
        os.unlink(self.way)

    def report(self, seconds, forks, avail):
        text = f'node_forks_total {forks}\n' + filesystem('/', '1000', str(avail))
        self.puppet.answer = lambda request: request.say(
            request.sealed(text, mono=1000000 + seconds * 1000))

    def told(self):
        result = self.fleet.run('alerter')
        self.assertEqual((result.status, result.err), (0, ''), result)
        return re.findall(r'^\[fleet\] (.*)', result.out, re.M)

    @shows('27a')
    def test_moves_nothing_backwards(self):
        self.report(0, 1000, 10)
        self.assertEqual(self.late.run('collector').status, os.EX_UNAVAILABLE)
        hours = 3 * 3600
        for seconds, forks in ((hours, 2000), (hours + 60, 2060)):
            self.report(seconds, forks, 500)
            self.collect()
        self.assertEqual(self.told(), [])
        before = self.fleet.rows('SELECT counters FROM report')

        os.symlink(self.fleet.folder, self.way)
        self.report(hours + 90, 2090, 500)
        self.assertEqual(self.late.run('collector').status, 0)
        self.assertNotEqual(self.fleet.rows('SELECT counters FROM report'), before)
        self.report(hours + 120, 2120, 500)
        self.collect()
        self.assertEqual(self.rows(), [('ok', 'ok')] * 5)
        self.assertEqual([value for _, _, value in self.readings('forks_per_second')], [1, 1, 1])
        told = self.told() + self.told()  # once a run brought nothing late any more
        self.assertEqual(len(told), 1, told)
        self.assertRegex(told[0], '^LATE')
        self.assertEqual(self.fleet.rows('SELECT * FROM open_alerts'), [])
        self.assertEqual(self.told(), [])


class Values(Lies):
    @shows('25')
    def test_numbers_that_are_none(self):
        bad = ['NaN', '+Inf', '-Inf', 'nan', '1e400', '0x10', '', '1 2 3', '--1', '1,5']
        self.lie(lambda request: request.say(request.sealed(
            ''.join(f'node_load1 {v}\nnode_memory_MemTotal_bytes {v}\n' for v in bad) +
            'node_load5 2.5\n')))
        self.assertEqual(self.rows(), [('ok', 'ok')])
        self.assertEqual({m for m, _ in self.latest()} & {'load1', 'memory_MemTotal_bytes'}, set())
        self.assertEqual(self.latest()['load5', ''], 2.5)

    @shows('25')
    def test_numbers_that_cannot_be(self):
        texts = ['node_load1 -1\nnode_memory_MemTotal_bytes -5\nnode_memory_MemAvailable_bytes 1\n'
                 'node_context_switches_total 18446744073709551616\nnode_forks_total -3\n' +
                 filesystem('/neg', '-1000', '10') + filesystem('/more', '10', '1000') +
                 filesystem('/zero', '0', '0') + filesystem('/huge', '1e308', '1e308'),
                 'node_memory_MemTotal_bytes 18446744073709551616\n'
                 'node_memory_MemAvailable_bytes 36893488147419103232\n'
                 'node_context_switches_total 18446744073709551617\nnode_forks_total 1e308\n']
        for i, text in enumerate(texts):
            self.lie(lambda request, i=i, text=text: request.say(
                request.sealed(text, mono=1000 + 60000 * i)))
        self.assertEqual(self.rows(), [('ok', 'ok')] * 2)
        rows = self.fleet.rows("SELECT metric, instance, value FROM history WHERE client = 'liar'")
        for metric, instance, value in rows:
            self.assertTrue(math.isfinite(value), (metric, instance, value))
            if not metric.startswith('clock_'):
                self.assertGreaterEqual(value, 0, (metric, instance))
            if metric.endswith('_ratio'):
                self.assertLessEqual(value, 1, (metric, instance))
        self.assertNotIn(('memory_used_ratio', ''), self.latest())

    @shows('25')
    def test_names_that_would_move_the_cursor(self):
        names = ['/\x1b[31mred', '/\x1b]0;title\x07', '/a\\nBcc: everybody@example.com',
                 '/\x7f\x08\x08', '/\u202eltr', '/c1\u009b2J', '/"quoted\\"<b>']
        text = ''.join(filesystem(n.replace('"', '\\"') if '<' in n else n) for n in names)
        invalid = filesystem('/bad\udcff\udcfe').encode('utf-8', 'surrogateescape')
        self.configure(self.liar().replace('/>', '><alert type="disk" limit="90%"/></client>'))
        said = self.lie(lambda request: request.say(request.seal(
            request.report(text.encode() + invalid + filesystem('/good').encode()))))
        mounts = {i for m, i in self.latest() if m == 'filesystem_used_ratio'}
        self.assertIn('/good', mounts)
        self.assertFalse(any('bad' in i for i in mounts), mounts)
        shown = [said, *mounts]
        for program in (('alerter', '--dry-run'), ('alerter',), ('fleet', 'status')):
            result = self.fleet.run(*program)
            self.assertEqual(result.status, 0, result)
            shown += [result.out, result.err]
            if program == ('alerter',):
                self.assertIn('\\x1b[31mred', result.out)
        for text in shown:
            self.assertIsNone(CONTROL.search(text), repr(text))
            self.assertNotIn('\nBcc', text)
        status = self.fleet.run('fleet', 'status', '--json').out
        self.assertIsNone(CONTROL.search(status), repr(status))
        self.assertEqual(len(json.loads(status)), 1)

    def test_names_that_become_one(self):
        names = ['/a\x1b', '/a\\\\x1b', '/b ', '/b\\\\x20', '/c' + 'x' * 250, '/C' + 'x' * 250, '/C']
        for _ in range(2):
            self.lie(lambda request: request.say(request.sealed(
                ''.join(filesystem(name) for name in names))))
        self.assertEqual(self.rows(), [('ok', 'ok')] * 2)
        mounts = [i for m, i in self.latest() if m == 'filesystem_used_ratio']
        self.assertLessEqual({'/a\\x1b', '/b\\x20', '/C'}, set(mounts))

    def test_more_than_a_machine_has(self):
        text = ''.join(filesystem(f'/{i}') for i in range(2500))
        self.lie(lambda request: request.say(request.sealed(text)))
        self.assertEqual(self.rows(), [('ok', 'ok')])
        self.assertEqual(len([1 for m, _ in self.latest() if m == 'filesystem_used_ratio']), 256)


class Clock(Lies):
    @shows('26')
    def test_ten_years_off(self):
        for sign in (1, -1):
            wall = time.time_ns() // 1000000 + sign * TEN_YEARS_MS
            self.lie(lambda request, wall=wall: request.say(request.sealed(wall=wall)))
            self.assertAlmostEqual(self.latest()['clock_skew_seconds', ''],
                                   sign * TEN_YEARS_MS / 1000, delta=60)
            self.assertAlmostEqual(self.latest()['clock_deviation_seconds', ''],
                                   TEN_YEARS_MS / 1000, delta=60)
        self.assertEqual(self.rows(), [('ok', 'ok')] * 2)
        self.assertEqual(self.fleet.rows(
            "SELECT count(*) FROM sample WHERE abs(julianday(taken_at) - julianday('now')) < 0.01"
            "  AND abs(julianday(received_at) - julianday('now')) < 0.01"), [(4,)])

    def test_clocks_at_the_end_of_their_range(self):
        ends = (2**63 - 1, 1 - 2**63, 0, -1)
        for wall in ends:
            for mono in ends:
                self.lie(lambda request, w=wall, m=mono: request.say(
                    request.sealed('node_forks_total 5\n', wall=w, mono=m)), '--client', 'liar')
        self.lie(lambda request: request.say(request.sealed(boot='-')), '--client', 'liar')
        self.assertEqual({outcome for outcome, _ in self.rows()}, {'ok'})
        self.assertEqual(self.readings('forks_per_second'), [])

    def test_a_header_that_is_none(self):
        lies = [dict(wall=2**63), dict(mono='1.5'), dict(wall=''), dict(boot='../x'),
                dict(boot=BOOT + ' wall=1'), dict(probe='x'), dict(id='0' * 15), dict(nonce='')]
        for lie in lies:
            self.lie(lambda request, lie=lie: request.say(request.sealed(**lie)),
                     '--client', 'liar')
        self.assertEqual(self.rows(), [('unsealed', 'unsealed')] * len(lies))


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
