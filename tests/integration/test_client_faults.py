"""What a client can be: odd login shells, forced commands, folders that do not serve, damaged
or killed probes. The collector as cron runs it against a private sshd with an account of its
own. Every case asserts the outcome, a healthy neighbour's row, and the time it took."""
import os
import pathlib
import shlex
import shutil
import tempfile
import time
import unittest

from rig.fleet import Fleet
from rig.probe import PROBE, digest
from rig.shows import shows
from rig.sshd import MONITOR_ID, Sshd, keygen

# The machine's own /tmp and /var/tmp stay clean; what the test needs of /tmp shines through.
MASK = '''
mkdir /run/keep
mount --bind {folder} /run/keep
for d in /var/tmp /tmp /dev/shm; do mount -t tmpfs -o mode=1777 tmpfs $d; done
mkdir -p {folder}
mount --bind /run/keep {folder}
'''
NOT_ELSEWHERE = 'for d in /var/tmp /tmp /dev/shm; do mount -o remount,{how} $d; done\n'
HOME = '/run/monitor'


SHELLS = [found for found in map(shutil.which, ('bash', 'tcsh', 'fish')) if found]


@unittest.skipUnless(os.getuid() == 0, 'needs root for namespaces')
class ClientFaults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix='fleet-client-'))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        os.chmod(cls.folder, 0o755)
        cls.key = keygen(cls.folder / 'id')
        cls.good = cls.start_sshd('good')
        cls.addClassCleanup(cls.good.stop)

    @classmethod
    def start_sshd(cls, name, prepare='', shell='/bin/sh', **more):
        folder = cls.folder / name
        mask = MASK.format(folder=shlex.quote(str(cls.folder)))
        sshd = Sshd(folder, authorized=[cls.key + '.pub'], shell=shell, prepare=mask + prepare, **more)
        for path in (folder, folder / 'home'):
            os.chmod(path, 0o755)
        return sshd.start()

    def client(self, **more):
        """A client with these faults, in a fleet with a healthy one."""
        name = self.id().rpartition('.')[2] + str(time.monotonic_ns())
        sshd = self.start_sshd(name, **more)
        self.addCleanup(sshd.stop)
        return sshd, self.fleet(name + '-fleet', sshd)

    def fleet(self, name, sshd, timeout='20s'):
        fleet = Fleet(str(self.folder / name))
        fleet.write('known_hosts', sshd.known_hosts() + self.good.known_hosts())
        fleet.write_config(''.join(
            f'<client name="{n}" ip="127.0.0.1" port="{s.port}" username="{s.user}" '
            f'identity="{self.key}" timeout="{timeout}"/>' for n, s in (('bad', sshd), ('good', self.good))))
        return fleet

    def collect(self, fleet, within=25):
        started = time.monotonic()
        fleet.run('collector')
        self.assertLess(time.monotonic() - started, within)
        rows = dict(fleet.rows('SELECT c.name, s.outcome FROM sample s JOIN client c ON '
                               'c.id = s.client_id ORDER BY s.id'))
        self.assertEqual(rows['good'], 'ok')
        return rows['bad']

    def forced(self, script):
        """A client whose key runs this, whatever is asked for."""
        return self.client(key_options='command="' + script.replace('"', '\\"') + '"')

    def probes(self, sshd):
        return [str(p) for p in sshd.home.rglob('fleet-probe-*')]

    # ---- shells and forced commands

    @shows('17')
    def test_login_shells(self):
        for shell in SHELLS:
            with self.subTest(shell=shell):
                _, fleet = self.client(shell=shell)
                self.assertEqual(self.collect(fleet), 'ok')
                self.assertEqual(self.collect(fleet), 'ok')

    @shows('17')
    def test_greeting(self):
        for greeting in ('echo Welcome; echo fleet2 hello', 'printf no-newline', 'printf %20000s x'):
            with self.subTest(greeting=greeting):
                _, fleet = self.forced(greeting + '; exec sh -c "$SSH_ORIGINAL_COMMAND"')
                self.assertEqual(self.collect(fleet), 'ok')

    @shows('23')
    def test_greeting_without_end(self):
        _, fleet = self.forced('cat /dev/zero')
        self.assertEqual(self.collect(fleet), 'too-large')

    @shows('17')
    def test_no_shell(self):
        _, fleet = self.client(shell='/usr/sbin/nologin')
        self.assertEqual(self.collect(fleet), 'no-shell')

    def test_restricted_to_the_probe(self):
        sshd = self.start_sshd('restricted', key_options=f'restrict,command="{self.folder}/fleet-probe"')
        self.addCleanup(sshd.stop)
        shutil.copy(PROBE, self.folder / 'fleet-probe')
        fleet = self.fleet('restricted-fleet', sshd)
        for _ in range(2):
            self.assertEqual(self.collect(fleet), 'ok')
        self.assertEqual(self.probes(sshd), [])
        self.assertEqual(list(sshd.home.rglob('*.sealed')), [])

    @shows('17')
    def test_restricted_to_something_else(self):
        _, fleet = self.forced('echo no')
        self.assertIn(self.collect(fleet), ('no-shell', 'probe-failed'))

    # ---- folders

    @shows('18')
    def test_home_does_not_serve(self):
        for how in ('ro', 'noexec'):
            with self.subTest(how=how):
                sshd, fleet = self.client(prepare=f'mount -o remount,bind,{how} {HOME}\n')
                self.assertEqual(self.collect(fleet), 'ok')
                self.assertEqual(self.collect(fleet), 'ok')
                self.assertEqual(self.probes(sshd), [])

    @shows('18')
    def test_nothing_takes_a_program(self):
        prepare = f'mount -o remount,bind,noexec {HOME}\n' + NOT_ELSEWHERE.format(how='noexec')
        _, fleet = self.client(prepare=prepare)
        self.assertEqual(self.collect(fleet), 'no-exec-directory')

    @shows('18a')
    def test_every_disk_full(self):
        """With the probe there already, the report still comes."""
        with open(PROBE, 'rb') as f:
            name = f'fleet-probe-{digest(f.read())}'
        cache = f'{HOME}/.cache/fleet-health'
        prepare = NOT_ELSEWHERE.format(how='ro') + f'''
cp {HOME}/authorized_keys /run/keys
mount -t tmpfs -o size=600k,mode=755 tmpfs {HOME}
cp /run/keys {HOME}/authorized_keys
mkdir -p {cache}
cp {shlex.quote(PROBE)} {cache}/{name}
chmod 700 {cache} {cache}/{name}
chown -R {MONITOR_ID}:{MONITOR_ID} {HOME}
cat /dev/zero >{HOME}/full || :
'''
        keep = self.folder / 'fleet-probe-copy'
        shutil.copy(PROBE, keep)
        _, fleet = self.client(prepare=prepare.replace(shlex.quote(PROBE), shlex.quote(str(keep))))
        for _ in range(2):
            self.assertEqual(self.collect(fleet), 'ok')
        self.assertIn('bad: ok: unspooled', fleet.run('collector', '-v').err)

    # ---- the probe

    @shows('19')
    def test_cached_probe_damaged(self):
        sshd, fleet = self.client()
        self.assertEqual(self.collect(fleet), 'ok')
        for damage in ('flip', 'empty', 'zeros'):
            with self.subTest(damage=damage):
                path, = self.probes(sshd)
                with open(path, 'r+b') as f:
                    if damage == 'flip':
                        f.seek(-1, os.SEEK_END)
                        last = f.read(1)
                        f.seek(-1, os.SEEK_END)
                        f.write(bytes([last[0] ^ 1]))
                    else:
                        size = f.seek(0, os.SEEK_END)
                        f.truncate(0)
                        f.truncate(size if damage == 'zeros' else 0)
                first = self.collect(fleet)
                if damage == 'flip':
                    self.assertEqual(first, 'probe-failed')
                self.assertIn(first, ('ok', 'probe-failed'))
                if first != 'ok':
                    self.assertEqual(self.probes(sshd), [])
                    self.assertEqual(self.collect(fleet), 'ok')

    @shows('20')
    def test_two_collectors_upload_at_once(self):
        sshd, one = self.client()
        two = self.fleet('second-fleet', sshd)
        running = [f.start('collector') for f in (one, two)]
        for process in running:
            process.communicate(timeout=60)
        for fleet in (one, two):
            self.assertEqual(fleet.rows('SELECT DISTINCT outcome FROM sample'), [('ok',)])

    @shows('21')
    def test_other_architecture(self):
        prepare = 'printf "#!/bin/sh\\necho vax\\n" >/run/uname; chmod 755 /run/uname\n' \
                  'mount --bind /run/uname "$(command -v uname)"\n'
        sshd, fleet = self.client(prepare=prepare)
        for _ in range(2):
            self.assertEqual(self.collect(fleet), 'architecture')
        self.assertEqual(self.probes(sshd), [])

    @shows('22')
    def test_killed(self):
        """Its exit status is 0 as far as can be seen from here."""
        _, fleet = self.forced('kill -9 $$')
        self.assertEqual(self.collect(fleet), 'no-shell')

    @shows('22')
    def test_hangs(self):
        sshd = self.start_sshd('hangs', key_options='command="exec sleep 60"')
        self.addCleanup(sshd.stop)
        self.assertEqual(self.collect(self.fleet('hangs-fleet', sshd, '3s')), 'deadline')

    @shows('22')
    def test_child_holds_the_output(self):
        _, fleet = self.forced('sleep 60 & exec sh -c "$SSH_ORIGINAL_COMMAND"')
        self.assertEqual(self.collect(fleet), 'ok')

    @shows('23')
    def test_flood_on_stderr(self):
        _, fleet = self.forced('head -c 50000000 /dev/zero >&2; exec sh -c "$SSH_ORIGINAL_COMMAND"')
        self.assertEqual(self.collect(fleet), 'too-large')


if __name__ == '__main__':
    unittest.main()
