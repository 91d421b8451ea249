"""fleet: init, keygen, trust, check, status and forget against a real sshd."""
import errno
import json
import os
import pty
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

from rig.fleet import PROGRAMS, Fleet
from rig.sshd import Sshd, keygen

EX_OK, EX_USAGE, EX_UNAVAILABLE, EX_CANTCREAT, EX_IOERR, EX_NOPERM, EX_CONFIG = (
    0, 64, 69, 73, 74, 77, 78)


class Console(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='fleet-console-')
        self.addCleanup(temporary.cleanup)
        self.fleet = Fleet(os.path.join(temporary.name, 'work'))
        self.key = keygen(self.fleet.path('login_key'))

    def start_sshd(self, **options):
        folder = self.fleet.path('sshd')
        sshd = Sshd(folder, authorized=[self.key + '.pub'], **options)
        self.addCleanup(sshd.stop)
        return sshd.start()

    def watch(self, sshd, attributes='', more=''):
        self.fleet.write_config(
            f'<client name="web1" ip="127.0.0.1" port="{sshd.port}" username="{sshd.user}"'
            f' identity="login_key" {attributes}><alert type="memory" limit="1.1%"/></client>{more}')

    def known_hosts(self):
        with open(self.fleet.path('known_hosts'), encoding='utf-8') as f:
            return f.read()

    def on_a_terminal(self, *arguments, env=None):
        """What a person sees."""
        ours, its = pty.openpty()
        with open(ours, 'rb', buffering=0) as screen:
            process = self.fleet.start('fleet', *arguments, env=env, stdout=its)
            os.close(its)
            self.addCleanup(process.stderr.close)
            shown = b''
            try:
                while data := screen.read(65536):
                    shown += data
            except OSError as e:  # how a terminal says that nobody writes to it any more
                self.assertEqual(e.errno, errno.EIO)
            self.assertEqual(process.wait(60), EX_OK)
        return shown.decode()

    def fleet_ok(self, *arguments):
        result = self.fleet.run('fleet', *arguments)
        self.assertEqual(result.status, EX_OK, result)
        return result.out

    def test_init_makes_what_is_missing_and_replaces_nothing(self):
        out = self.fleet_ok('init')
        for name in ('config.xml', 'server.key', 'server.pub', 'encrypted_stats', 'fleet.db'):
            self.assertTrue(os.path.exists(self.fleet.path(name)), name)
        for name in ('config.xml', 'server.key', 'fleet.db'):
            mode = stat.S_IMODE(os.stat(self.fleet.path(name)).st_mode)
            self.assertEqual(mode, 0o600, name)
        with open(self.fleet.path('server.key'), encoding='utf-8') as f:
            key = f.read()
        self.assertIn('made ', out)
        self.assertNotIn('made ', self.fleet_ok('init'))
        with open(self.fleet.path('server.key'), encoding='utf-8') as f:
            self.assertEqual(f.read(), key)

    def test_init_follows_no_link_and_says_what_it_cannot_make(self):
        os.symlink('nowhere', self.fleet.path('config.xml'))
        result = self.fleet.run('fleet', 'init')
        self.assertEqual(result.status, EX_CONFIG, result)
        self.assertEqual(os.readlink(self.fleet.path('config.xml')), 'nowhere')
        away = self.fleet.path('no/such/folder')
        result = subprocess.run([PROGRAMS['fleet'], 'init', away], capture_output=True, text=True,
                                check=False)
        self.assertEqual(result.returncode, EX_CANTCREAT, result)
        self.assertIn(f'cannot make {away}: No such file', result.stderr)

    def test_the_config_of_init_works_when_taken_out_of_its_comment(self):
        self.fleet_ok('init')
        with open(self.fleet.config, encoding='utf-8') as f:
            text = f.read()
        opened = re.sub(r'<!-- Whom.*?(<group.*</group>).*?-->', r'\1', text, flags=re.S)
        self.assertNotEqual(text, opened)
        keygen(self.fleet.path('id_ed25519'))
        self.fleet.write('config.xml', opened)
        self.assertIn('web1', self.fleet_ok('status'))
        self.assertRegex(self.fleet_ok('check'), r'ok +identity .*id_ed25519')

    def test_keygen_rotates_and_keeps_the_old_key(self):
        self.fleet.write_config('')
        first = self.fleet_ok('keygen').split()[0]
        again = self.fleet.run('fleet', 'keygen')
        self.assertNotEqual(again.status, EX_OK)
        ids = [line.split()[0] for line in self.fleet_ok('keygen', '--rotate').splitlines()]
        self.assertEqual(len(ids), 2)
        self.assertEqual(ids[1], first)

    def test_trust_records_what_openssh_reads(self):
        sshd = self.start_sshd()
        self.watch(sshd)
        out = self.fleet_ok('trust', 'web1')
        self.assertIn(sshd.fingerprint('ed25519'), out)
        known = self.fleet.path('known_hosts')
        found = subprocess.run(['ssh-keygen', '-F', f'[127.0.0.1]:{sshd.port}', '-f', known],
                               capture_output=True, text=True, check=True).stdout
        self.assertIn(sshd.public_key('ed25519'), found)
        login = subprocess.run(
            ['ssh', '-F', 'none', '-o', f'UserKnownHostsFile={known}', '-o', 'BatchMode=yes',
             '-o', 'StrictHostKeyChecking=yes', '-i', self.key, '-p', str(sshd.port),
             f'{sshd.user}@127.0.0.1', 'echo in'], capture_output=True, text=True, check=False)
        self.assertEqual(login.stdout, 'in\n', login.stderr)
        self.assertIn('recorded already', self.fleet_ok('trust', '--all'))

    def test_trust_replaces_a_changed_key_only_when_told_to(self):
        sshd = self.start_sshd(host_keys=('ed25519',))
        self.watch(sshd)
        other = keygen(self.fleet.path('other'))
        with open(other + '.pub', encoding='utf-8') as f:
            wrong = ' '.join(f.read().split()[:2])
        self.fleet.write('known_hosts', f'[127.0.0.1]:{sshd.port} {wrong}\nkept.example {wrong}\n')
        refused = self.fleet.run('fleet', 'trust', 'web1')
        self.assertEqual(refused.status, EX_NOPERM, refused)
        self.assertIn('--replace', refused.err)
        with open(self.fleet.path('known_hosts'), encoding='utf-8') as f:
            self.assertIn(f'[127.0.0.1]:{sshd.port} {wrong}', f.read())
        self.fleet_ok('trust', '--replace', 'web1')
        with open(self.fleet.path('known_hosts'), encoding='utf-8') as f:
            text = f.read()
        self.assertIn(f'kept.example {wrong}', text)
        self.assertIn(f'[127.0.0.1]:{sshd.port} {sshd.public_key("ed25519")}', text)
        self.assertNotIn(f'[127.0.0.1]:{sshd.port} {wrong}', text)

    def test_trust_refuses_a_host_that_shows_only_other_types_of_keys(self):
        sshd = self.start_sshd(host_keys=('ecdsa',))
        self.watch(sshd)
        other = keygen(self.fleet.path('other'))
        with open(other + '.pub', encoding='utf-8') as f:
            recorded = f'[127.0.0.1]:{sshd.port} ' + ' '.join(f.read().split()[:2]) + '\n'
        self.fleet.write('known_hosts', recorded)
        refused = self.fleet.run('fleet', 'trust', 'web1')
        self.assertEqual(refused.status, EX_NOPERM, refused)
        self.assertIn('CHANGED', refused.out)
        self.assertEqual(self.known_hosts(), recorded)
        self.fleet_ok('trust', '--replace', 'web1')
        self.assertEqual(self.known_hosts(),
                         f'[127.0.0.1]:{sshd.port} {sshd.public_key("ecdsa")}\n')

    def test_trust_only_adds_to_the_keys_of_a_host_that_shows_a_recorded_one(self):
        sshd = self.start_sshd()
        self.watch(sshd)
        name = f'[127.0.0.1]:{sshd.port}'
        with open(keygen(self.fleet.path('next')) + '.pub', encoding='utf-8') as f:
            recorded = f'{name} {sshd.public_key("ed25519")} a comment of mine\n{name} {f.read()}'
        self.fleet.write('known_hosts', recorded)
        self.assertIn('new', self.fleet_ok('trust', 'web1'))
        self.assertEqual(self.known_hosts(), f'{recorded}{name} {sshd.public_key("ecdsa")}\n')

    def test_many_at_once_lose_no_client(self):
        addresses = [f'127.0.0.{i}' for i in range(1, 13)]
        sshd = self.start_sshd(addresses=addresses)
        self.fleet.write_config(''.join(
            f'<client name="c{i}" ip="{address}" port="{sshd.port}" username="{sshd.user}"'
            f' identity="login_key"/>' for i, address in enumerate(addresses)))
        running = [self.fleet.start('fleet', 'trust', f'c{i}') for i in range(len(addresses))]
        for process in running:
            _, err = process.communicate(timeout=60)
            self.assertEqual((process.returncode, err), (EX_OK, ''))
        self.assertEqual(
            sorted(self.known_hosts().splitlines()),
            sorted(f'[{address}]:{sshd.port} {sshd.public_key(kind)}'
                   for address in addresses for kind in ('ed25519', 'ecdsa')))

    def test_forget_keeps_the_host_keys_of_another_client_on_the_same_machine(self):
        sshd = self.start_sshd()
        self.watch(sshd, more=f'<client name="twin" ip="127.0.0.1" port="{sshd.port}"'
                              f' username="{sshd.user}" identity="login_key"/>')
        self.fleet_ok('init')
        self.fleet_ok('trust', 'web1')
        before = self.known_hosts()
        self.fleet_ok('forget', 'web1')
        self.assertEqual(self.known_hosts(), before)

    def test_check_tries_each_part_and_names_what_fails(self):
        sshd = self.start_sshd()
        self.watch(sshd, more='<client name="down" ip="127.0.0.9" port="1" username="x"'
                              ' identity="login_key"/>')
        before = self.fleet.run('fleet', 'check')
        self.assertEqual(before.status, EX_UNAVAILABLE, before)
        self.assertRegex(before.out, r'FAIL +server key .*make it with `fleet init`')
        self.fleet_ok('init')
        self.fleet_ok('check')
        unknown = self.fleet.run('fleet', 'check', '--connect')
        self.assertRegex(unknown.out, r'FAIL +web1 +host-key-unknown')
        self.fleet.run('fleet', 'trust', '--all')
        result = self.fleet.run('fleet', 'check', '--connect')
        self.assertEqual(result.status, EX_UNAVAILABLE, result)
        self.assertRegex(result.out, r'ok +web1')
        self.assertRegex(result.out, r'FAIL +down +refused')

    def test_check_looks_for_the_programs_that_a_run_starts(self):
        self.fleet.write_config('<collector heartbeat="http://127.0.0.1:9/ping"/>')
        self.fleet_ok('keygen')
        out = self.fleet.run('fleet', 'check').out
        self.assertRegex(out, r'ok +helper +/.*/fleet-helper')
        self.assertRegex(out, r'ok +heartbeat +/.*/fleet-heartbeat')
        alone = shutil.copy(PROGRAMS['fleet'], self.fleet.path('fleet'))
        out = subprocess.run([alone, '-c', self.fleet.config, 'check'], capture_output=True,
                             text=True, check=False).stdout
        self.assertRegex(out, r'FAIL +helper .*no fleet-helper')
        self.assertRegex(out, r'FAIL +heartbeat .*no fleet-heartbeat')

    def test_check_says_what_a_run_will_miss_on_this_server(self):
        keygen(self.fleet.path('locked'), passphrase='other')
        self.fleet.write('passphrase', 'not it\n')
        self.fleet.write('known_hosts', '[127.0.0.1]:1 nonsense\n')
        self.fleet.write_config(
            '<collector probe-dir="none"/>' + ''.join(
                f'<client name="c{i}" ip="127.0.0.{i}" port="1" username="x" {identity}/>'
                for i, identity in enumerate(('identity="login_key"', 'identity="login_key"',
                                              'identity="locked" passphrase-file="passphrase"',
                                              'identity="agent:/nonexistent/agent"'), 1)))
        self.fleet_ok('keygen')
        result = self.fleet.run('fleet', 'check')
        self.assertEqual(result.status, EX_UNAVAILABLE, result)
        self.assertRegex(result.out, r'ok +spool .*the first run makes')
        self.assertFalse(os.path.exists(self.fleet.spool))
        self.assertRegex(result.out, r'ok +known_hosts .* 0 of 4 hosts')
        self.assertIn('known_hosts:1:', result.err)
        self.assertRegex(result.out, r'FAIL +probe .*none')
        self.assertEqual(result.out.count('ok    identity'), 1, result)
        self.assertRegex(result.out, r'FAIL +identity .*locked')
        self.assertRegex(result.out, r'FAIL +identity .*agent')
        os.mkdir(self.fleet.spool, 0o700)
        os.chmod(self.fleet.spool, 0o755)
        self.assertRegex(self.fleet.run('fleet', 'check').out, r'FAIL +spool .*chmod 700')
        os.chmod(self.fleet.spool, 0o700)
        self.fleet.write('known_hosts', '', mode=0o666)
        result = self.fleet.run('fleet', 'check')
        self.assertRegex(result.out, r'ok +spool')
        self.assertRegex(result.out, r'FAIL +known_hosts')

    def test_status_shows_what_was_collected(self):
        sshd = self.start_sshd()
        self.watch(sshd, more='<client name="never" ip="127.0.0.9" username="x"'
                              ' identity="login_key" every="1d"/>')
        self.fleet_ok('init')
        self.fleet.run('fleet', 'trust', 'web1')
        for _ in range(2):
            run = self.fleet.run('collector', '--client', 'web1')
            self.assertEqual(run.status, EX_OK, run)
        self.assertEqual(self.fleet.run('alerter').status, EX_OK)
        rows = {row['client']: row for row in json.loads(self.fleet_ok('status', '--json'))}
        self.assertEqual(rows['web1']['state'], 'ok')
        self.assertTrue(0 < rows['web1']['memory_used_ratio'] < 1)
        self.assertEqual(rows['web1']['open_alerts'], 1)
        self.assertEqual(rows['never']['state'], 'never')
        programs = json.loads(self.fleet_ok('status', '--programs', '--json'))
        self.assertIsNone(programs['collector_finished_at'])  # of the whole fleet
        self.assertRegex(programs['alerter_finished_at'], r'^20..-')
        self.assertEqual((programs['unprocessed'], programs['oldest_unprocessed_at'],
                          programs['deferred']), (0, None, 0))
        self.assertEqual([(c['channel'], c['waiting'], c['oldest_waiting_at'], c['failed'])
                          for c in programs['channels']], [])
        self.assertTrue(self.fleet_ok('status', '--programs').startswith('collector: '))
        table = self.fleet_ok('status')
        self.assertRegex(table, r'web1 +ok')
        self.assertNotIn('\x1b', table)
        self.assertIn('\x1b[', self.on_a_terminal('status'))
        self.assertNotIn('\x1b', self.on_a_terminal('status', env={'NO_COLOR': '1'}))

    def test_the_last_report_is_shown_whole(self):
        sshd = self.start_sshd()
        self.watch(sshd, more='<client name="never" ip="127.0.0.9" username="x"'
                              ' identity="login_key" every="1d"/>')
        self.fleet_ok('init')
        self.fleet_ok('trust', 'web1')
        self.assertEqual(self.fleet.run('collector', '--client', 'web1').status, EX_OK)
        raw = self.fleet_ok('show', '--raw', 'web1')
        self.assertTrue(raw.startswith('# fleet1 id='), raw)
        self.assertTrue(raw.endswith('# EOF\n'), raw)
        self.assertIn('\nnode_cpu_seconds_total{cpu="0",mode="user"} ', raw)
        self.assertIn('\nnode_cpu_seconds_total{', self.on_a_terminal('show', '--raw', 'web1'))
        shown = self.fleet_ok('show', 'web1')
        self.assertRegex(shown, r'^web1: report of 20.*Z, .* ago; probe [0-9a-f]{32}; up .*\n\nNAME ')
        self.assertRegex(shown, r'\nnode_memory_MemTotal_bytes +\S+ [KMGT]iB +\n')
        self.assertRegex(shown, r'\nnode_filesystem_size_bytes +\S+ [KMGT]iB +device="[^"]+".* mountpoint="/')
        samples = [line for line in raw.splitlines() if line and line[0] != '#']
        self.assertEqual(len(shown.splitlines()), 3 + len(samples))
        never = self.fleet.run('fleet', 'show', 'never')
        self.assertEqual(never.status, EX_UNAVAILABLE, never)
        self.assertIn('no report of never is stored yet', never.err)
        self.assertEqual(self.fleet.run('fleet', 'show', 'nobody').status, EX_CONFIG)

    def test_metrics_say_what_is_stored(self):
        table = self.fleet_ok('metrics')  # without a configuration
        self.assertRegex(table, r'(?m)^METRIC +ALERT TYPE +GROUP +STORED +UNIT +MEANING$')
        self.assertRegex(table, r'(?m)^memory_used_ratio +memory +memory +yes +ratio +memory that')
        self.assertRegex(table, r'(?m)^memory_Slab_bytes +- +memory +no +bytes +memory of')
        usual = {m['metric']: m for m in json.loads(self.fleet_ok('metrics', '--json'))}
        self.assertEqual(len(usual), len(table.splitlines()) - 1)
        self.assertIs(usual['memory_used_ratio']['stored'], True)
        self.assertEqual({len(m) for m in usual.values()}, {8})
        self.fleet.write_config(
            '<metrics exclude="network" include="memory_Sh*"/>'
            '<client name="web1" ip="127.0.0.1" username="x" password="x">'
            '<alert type="network-in" limit="1MB"/></client>'
            '<jump name="door" ip="127.0.0.2" username="x" password="x"/>')
        chosen = {m['metric']: m for m in json.loads(self.fleet_ok('metrics', '--json', 'web1'))}
        changed = {name for name, m in chosen.items() if m['stored'] != usual[name]['stored']}
        network = {name for name, m in usual.items() if m['group'] == 'network' and m['stored']}
        self.assertGreater(len(network), 8)
        self.assertEqual(changed, network - {'network_receive_bytes_per_second'} |
                         {'memory_Shmem_bytes'})
        for name in ('door', 'nobody'):
            self.assertEqual(self.fleet.run('fleet', 'metrics', name).status, EX_CONFIG)

    def test_forget_clears_both_ends(self):
        sshd = self.start_sshd()
        self.watch(sshd)
        self.fleet_ok('init')
        self.fleet_ok('trust', 'web1')
        self.fleet.run('collector')
        cache = os.path.join(sshd.home, '.cache', 'fleet-health')
        self.assertTrue(any(n.startswith('fleet-probe-') for n in os.listdir(cache)))
        with open(self.fleet.path('known_hosts'), 'a', encoding='utf-8') as f:
            f.write(f'kept.example {sshd.public_key()}\n')
        out = self.fleet_ok('forget', 'web1')
        self.assertIn(self.fleet.spool, out)
        self.assertEqual(self.known_hosts(), f'kept.example {sshd.public_key()}\n')
        self.assertFalse(os.path.exists(cache) and os.listdir(cache))
        for table in ('client', 'sample', 'reading', 'report', 'series'):
            self.assertEqual(self.fleet.rows(f'SELECT count(*) FROM {table}'), [(0,)], table)
        self.fleet_ok('trust', 'web1')
        sshd.stop()
        away = self.fleet.run('fleet', 'forget', 'web1')
        self.assertEqual(away.status, EX_UNAVAILABLE, away)
        self.assertIn('--local', away.err)
        self.assertIn(sshd.public_key(), self.known_hosts())
        self.fleet_ok('forget', '--local', 'web1')

    def test_wrong_arguments_say_how_it_is_called(self):
        self.fleet.write_config('')
        for arguments in (['nonsense'], ['trust'], ['trust', '--all', 'x'], ['keygen', 'x'],
                          ['status', '--jso'], ['forget'], ['check', '--nothing'], ['show'],
                          ['show', 'a', 'b'], ['metrics', 'a', 'b'], ['metrics', '--raw']):
            result = self.fleet.run('fleet', *arguments)
            self.assertEqual(result.status, EX_USAGE, (arguments, result))
            self.assertTrue(result.err)
        self.fleet.write_config('<client/>')
        self.assertEqual(self.fleet.run('fleet', 'status').status, EX_CONFIG)
        bare = subprocess.run([PROGRAMS['fleet'], '-c'], capture_output=True, text=True, check=False)
        self.assertEqual(bare.returncode, EX_USAGE, bare)
        self.assertIn('-c names no file', bare.stderr)

    def test_every_program_and_command_tells_how_it_is_called(self):
        commands = ('check', 'forget', 'init', 'keygen', 'metrics', 'show', 'status', 'trust')
        asked = [([PROGRAMS['fleet'], c, flag], f'usage: fleet [-c FILE] {c}')
                 for c in commands for flag in ('-h', '--help')]
        for program in ('fleet', 'collector', 'alerter'):
            path = PROGRAMS[program]
            asked += [([path, flag], f'usage: {os.path.basename(path)} ')
                      for flag in ('-h', '--help')]
            asked.append(([path, '--version'], os.path.basename(path)))
        for command, usage in asked:
            told = subprocess.run(command, capture_output=True, text=True, check=False)
            self.assertEqual((told.returncode, told.stderr), (EX_OK, ''), (command, told))
            self.assertTrue(told.stdout.startswith(usage), (command, told))
            with open('/dev/full', 'wb') as full:
                lost = subprocess.run(command, stdout=full, check=False)
            self.assertEqual(lost.returncode, EX_IOERR, command)


if __name__ == '__main__':
    unittest.main()
