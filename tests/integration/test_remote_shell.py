"""The one-liner for clients under every shell that is here, as login shell and as sh."""
import os
import platform
import re
import shutil
import subprocess
import tempfile
import threading
import unittest

from rig.fleet import BUILD
from rig.probe import PROBE, Key, Talk, digest, request
from rig.shows import shows

MACHINE = platform.machine()
PACKAGES = os.environ.get('FLEET_PACKAGES', '')
with open(PROBE, 'rb') as f:
    GOOD = f.read()
HASH = digest(GOOD)
CACHED = f'fleet-probe-{HASH}'


def command(*arguments):
    helper = os.path.join(BUILD, 'tests', 'integration', 'remote_command')
    return subprocess.run([helper, *arguments], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.rstrip('\n')


def find(name):
    places = [shutil.which(name)] + [os.path.join(PACKAGES, d, name) for d in ('bin', 'usr/bin')]
    return next((p for p in places if p and os.path.exists(p) and runs(p)), None)


def runs(path):
    return subprocess.run([path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode != 127


LOGIN_SHELLS = [[find(n)] for n in ('dash', 'bash', 'tcsh', 'bsd-csh', 'fish', 'zsh', 'mksh') if find(n)]
POSIX_SHELLS = [find(n) for n in ('dash', 'bash', 'mksh') if find(n)]
if find('busybox'):
    LOGIN_SHELLS.append([find('busybox'), 'sh'])
    POSIX_SHELLS.append(find('busybox') + ' sh')


# Root needs no user namespace to mount, and in a chroot(2) nobody can have one.
UNSHARE = ['unshare', '-m' if os.getuid() == 0 else '-rm']


def may_unshare():
    return subprocess.run([*UNSHARE, 'true'], stderr=subprocess.DEVNULL).returncode == 0


class Case(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(prefix='fleet shell\'s "$x" *-')
        self.addCleanup(shutil.rmtree, self.home)
        self.cache = os.path.join(self.home, '.cache', 'fleet-health')
        self.env = {'HOME': self.home, 'PATH': '/usr/bin:/bin'}
        self.env.update({k: v for k, v in os.environ.items() if k == 'LD_LIBRARY_PATH'})
        self.key = Key()
        self.attempt = 1

    def ask(self, asks=''):
        self.attempt += 1
        return request(self.attempt, self.key, asks=asks)

    def talk(self, login=('/bin/sh',), sh='/bin/sh', machine=MACHINE, hash_=HASH, env=None):
        text = command('run', machine, hash_).replace('/bin/sh -c', sh + ' -c', 1)
        return Talk([*login, '-c', text], env or self.env)

    def found(self):
        return sorted(os.listdir(self.cache)) if os.path.isdir(self.cache) else []

    def assert_ran(self, talk):
        self.assertIsNone(talk.error)
        self.assertEqual(talk.done, [1])
        self.assertIn(talk.status, (0, 40))
        self.assertIn('# EOF\n', self.key.open(talk.files[0].data))


class UnderEveryShell(Case):
    def cold_then_warm(self, **shells):
        shutil.rmtree(self.cache, ignore_errors=True)
        cold = self.talk(**shells).run(self.ask(), GOOD)
        self.assertEqual(cold.needed, MACHINE)
        self.assert_ran(cold)
        self.assertIn(CACHED, self.found())
        warm = self.talk(**shells).run(self.ask())
        self.assertIsNone(warm.needed)
        self.assert_ran(warm)
        self.assertEqual(os.stat(self.cache).st_mode & 0o777, 0o700)

    def test_login_shells(self):
        self.assertGreaterEqual(len(LOGIN_SHELLS), 2)
        for shell in LOGIN_SHELLS:
            with self.subTest(shell=shell):
                self.cold_then_warm(login=shell)

    def test_posix_shells(self):
        for shell in POSIX_SHELLS:
            with self.subTest(shell=shell):
                self.cold_then_warm(sh=shell)

    def test_the_longest_request(self):
        """Which the shell reads and drops while there is no probe."""
        asks = ''.join(f' ask=file:/{i:03d}{"x" * 86}' for i in range(71))
        self.assertGreater(len(asks), 7000)
        for shell in POSIX_SHELLS:
            with self.subTest(shell=shell):
                shutil.rmtree(self.cache, ignore_errors=True)
                talk = self.talk(sh=shell).run(self.ask(asks), GOOD)
                self.assertEqual(talk.needed, MACHINE)
                self.assert_ran(talk)
                self.assertIn(f'fleet_file_exists{{path="/070{"x" * 86}"}} 0',
                              self.key.open(talk.files[0].data))

    def test_damage_under_every_sh(self):
        """A file that cannot start, or is not what its name says, goes; the next run heals."""
        damages = {'empty': b'', 'not a program': b'\0' * 400, 'cut': GOOD[:4000],
                   'header': GOOD[:18] + b'\xff\xff' + GOOD[20:],
                   'flipped at its end': GOOD[:-1] + bytes([GOOD[-1] ^ 1]),
                   'crashes': GOOD[:0x1000] + b'\0' * 60000 + GOOD[0x1000 + 60000:]}
        for shell in POSIX_SHELLS:
            for name, data in damages.items():
                with self.subTest(shell=shell, damage=name):
                    self.damaged(shell, data)

    def damaged(self, shell, data):
        os.makedirs(self.cache, mode=0o700, exist_ok=True)
        path = os.path.join(self.cache, CACHED)
        with open(path, 'wb') as out:
            out.write(data)
        os.chmod(path, 0o700)
        first = self.talk(sh=shell).run(self.ask(), GOOD)
        self.assertTrue(first.needed or first.error, first.noise)
        if first.needed is None:
            self.assertEqual(first.error[0] if first.error else None, 'probe-failed')
            self.assertIsNone(first.done)
            self.assertNotIn(CACHED, self.found())
            first = self.talk(sh=shell).run(self.ask(), GOOD)
        self.assert_ran(first)


class Uploads(Case):
    @shows('19')
    def test_cut_half_way(self):
        talk = self.talk()
        talk.send(self.ask())
        self.assertEqual(talk.line(), ['need', MACHINE])
        self.assertFalse(talk.upload(GOOD, size=100000))
        self.assertEqual(talk.end().error[0], 'probe-failed')
        self.assertEqual(self.found(), [])

    def test_killed_half_way(self):
        """Nothing that could be taken for a program stays, whatever kills the shell."""
        talk = self.talk()
        talk.send(self.ask())
        self.assertEqual(talk.line(), ['need', MACHINE])
        talk.send(f'fleet1 upload {len(GOOD)} {HASH}\n')
        self.assertEqual(talk.line(), ['ready'])
        talk.send(GOOD[:100000])
        talk.process.kill()
        talk.end()
        for name in self.found():
            self.assertEqual(os.stat(os.path.join(self.cache, name)).st_mode & 0o111, 0)
        self.assert_ran(self.talk().run(self.ask(), GOOD))

    def test_damaged_on_the_way(self):
        bad = GOOD[:-1] + bytes([GOOD[-1] ^ 1])
        for data, outcome in ((bad, 'probe-failed'), (b'x' * 1000, 'probe-failed'),
                              (GOOD[:18] + b'\xff\xff' + GOOD[20:], 'architecture')):
            talk = self.talk()
            talk.send(self.ask())
            self.assertEqual(talk.line(), ['need', MACHINE])
            talk.send(f'fleet1 upload {len(data)} {HASH}\n')
            self.assertEqual(talk.line(), ['ready'])
            talk.send(data)
            talk.take(talk.line())
            self.assertEqual(talk.end().error[0], outcome)
            self.assertEqual(self.found(), [])

    def test_two_at_once(self):
        talks = [self.talk() for _ in range(2)]
        for talk in talks:
            talk.send(self.ask())
            self.assertEqual(talk.line(), ['need', MACHINE])
        threads = [threading.Thread(target=self.finish, args=(talk, i))
                   for i, talk in enumerate(talks)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        for talk in talks:
            self.assertIsNotNone(talk.done)
            self.assertIsNone(talk.error)
        self.assertEqual([n for n in self.found() if n.startswith('tmp-')], [])

    def finish(self, talk, i):
        if talk.upload(GOOD):
            talk.run(request(100 + i, self.key))

    def test_old_versions_go(self):
        os.makedirs(self.cache, mode=0o700)
        for name, age in (('fleet-probe-' + '0' * 32, 3), ('fleet-probe-' + '1' * 32, 0), ('tmp-1', 3)):
            path = os.path.join(self.cache, name)
            with open(path, 'w', encoding='ascii'):
                pass
            when = os.stat(path).st_mtime - age * 86400
            os.utime(path, (when, when))
        self.assert_ran(self.talk().run(self.ask(), GOOD))
        self.assertEqual([n for n in self.found() if '-' in n],
                         sorted([CACHED, 'fleet-probe-' + '1' * 32]))

    def test_other_machine(self):
        talk = self.talk(machine='vax').run(self.ask(), GOOD)
        self.assertEqual(talk.error[0], 'architecture')
        self.assertIn(MACHINE, ' '.join(talk.error))

    def test_machines(self):
        """What `uname -m` prints, and what is asked for or said."""
        self.env['PATH'] = self.home + ':' + self.env['PATH']
        for machine, needed, words in (
                ('armv8l', 'armv7l', ''), ('armv7l', 'armv7l', ''),
                ('aarch64', None, 'no probe for aarch64: install gcc-aarch64-linux-gnu on the server'),
                ('riscv64', None, 'no probe for riscv64'), ('$(id); a', None, 'no probe for $(id); a')):
            with open(os.path.join(self.home, 'uname'), 'w', encoding='ascii') as f:
                f.write(f"#!/bin/sh\necho '{machine}'\n")
            os.chmod(f.name, 0o755)
            talk = self.talk(machine='armv7l').run(self.ask())
            self.assertEqual(talk.needed, needed)
            self.assertEqual((talk.error or ['architecture'])[0], 'architecture')
            self.assertIn(words, ' '.join(talk.error or []))


class Folders(Case):
    def test_a_link_to_a_cached_probe(self):
        """Not even with a good probe behind it."""
        self.assert_ran(self.talk().run(self.ask(), GOOD))
        xdg = os.path.join(self.home, 'xdg')
        os.mkdir(xdg)
        os.rename(self.cache, os.path.join(self.home, 'elsewhere'))
        os.symlink(os.path.join(self.home, 'elsewhere'), os.path.join(xdg, 'fleet-health'))
        talk = self.talk(env=dict(self.env, XDG_CACHE_HOME=xdg)).run(self.ask(), GOOD)
        self.assertEqual(talk.needed, MACHINE)
        self.assert_ran(talk)
        self.assertIn(CACHED, self.found())

    def test_not_private_or_not_ours(self):
        for spoil in (lambda: os.makedirs(self.cache, mode=0o755),
                      lambda: (os.makedirs(self.home + '/x', mode=0o700), os.mkdir(self.home + '/.cache'),
                               os.symlink(self.home + '/x', self.cache))):
            spoil()
            other = self.env | {'XDG_CACHE_HOME': self.home + '/xdg'}
            os.makedirs(self.home + '/xdg', exist_ok=True)
            self.talk(env=other).run(self.ask(), GOOD)
            self.assertEqual(self.found(), [])
            self.assertIn(CACHED, os.listdir(self.home + '/xdg/fleet-health'))
            shutil.rmtree(self.home)
            os.mkdir(self.home)

    @unittest.skipUnless(may_unshare(), 'needs namespaces')
    def test_home_unset_readonly_noexec(self):
        mask = ('mount -t tmpfs none /var/tmp; mkdir /var/tmp/home;'
                'mount -t tmpfs none /dev/shm; mount -t tmpfs none /run; mount -t tmpfs none /tmp;')
        rows = (
            ('unset HOME;', '/var/tmp/fleet-health-'),
            ('mount -t tmpfs -o ro none /var/tmp/home;', '/var/tmp/fleet-health-'),
            ('mount -t tmpfs -o noexec none /var/tmp/home;', '/var/tmp/fleet-health-'),
            ('mount -o remount,noexec /var/tmp;', '/tmp/fleet-health-'),
            ('mount -o remount,noexec /var/tmp; mount -o remount,noexec /tmp;', '/dev/shm/fleet-health-'),
            ('mkdir -p /run/user/$(id -u); mount -o remount,noexec /var/tmp;', '/run/user/'),
            ('for d in /var/tmp /tmp /dev/shm; do mount -o remount,noexec $d; done;', None),
        )
        script = 'c=$1; shift; HOME=/var/tmp/home; {} sh -c "$c"; find /tmp ' \
                 '/var/tmp /run /dev/shm -xdev -name "fleet-probe-*" -path "*fleet-health*"'
        for setup, place in rows:
            with self.subTest(setup=setup):
                argv = [*UNSHARE, 'sh', '-c', script.format(mask + setup), 'sh',
                        command('run', MACHINE, HASH)]
                talk = Talk(argv, self.env).run(self.ask(), GOOD)
                if place is None:
                    self.assertEqual(talk.error[0], 'no-exec-directory')
                    continue
                self.assertIsNone(talk.error)
                self.assertEqual(talk.done, [1])
                self.assertTrue(re.search(place.encode(), talk.noise), talk.noise)


class Forget(Case):
    def test_removes_what_is_ours(self):
        other = Key()
        self.assert_ran(self.talk().run(self.ask(), GOOD, ack=lambda f: False) or self.talk())
        self.talk().run(request(50, other), ack=lambda f: False)
        talk = Talk(['/bin/sh', '-c', command('forget', self.key.id)], self.env)
        talk.take(talk.line())
        self.assertEqual(talk.end().done, [0])
        self.assertEqual(self.found(), [other.id])
        Talk(['/bin/sh', '-c', command('forget', self.key.id, other.id)], self.env).end()
        self.assertFalse(os.path.exists(self.cache))


if __name__ == '__main__':
    unittest.main()
