"""Logging in as people do: keys that take their time to open, hashed names, a key a
group, and what ssh_config says."""
import base64
import collections
import datetime
import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess
import time
import unittest

import test_poll
from rig.sshd import Sshd, keygen


def with_rounds(path, rounds):
    """Says of an encrypted key that it took so many rounds of bcrypt. It then opens with no
    passphrase, but not before they are done."""
    text = pathlib.Path(path).read_text(encoding='ascii')
    begin, body, end = re.fullmatch(r'(-+[A-Z ]+-+\n)(.*?)(-+END.*)', text, re.S).groups()
    blob = bytearray(base64.b64decode(body))
    at = blob.index(b'bcrypt') + len('bcrypt') + 4 + 4 + 16  # behind the salt
    blob[at:at + 4] = rounds.to_bytes(4, 'big')
    pathlib.Path(path).write_text(begin + base64.encodebytes(blob).decode() + end, encoding='ascii')


class SlowKeys(test_poll.PollTest):
    def slow_client(self, name, rounds):
        opens = rounds < 1000
        key = keygen(self.folder / name, 'ed25519', 'secret', '-a', str(rounds if opens else 1))
        if not opens:
            with_rounds(key, rounds)
        with open(self.sshd.home / 'authorized_keys', 'a', encoding='utf-8') as f:
            f.write(pathlib.Path(key + '.pub').read_text(encoding='utf-8'))
        self.client(name, key=key, more=f'passphrase-file="{self.fleet.write("phrase", "secret")}"')
        return key

    def ends(self):
        """name: when its row was made, in seconds."""
        return {name: datetime.datetime.fromisoformat(at.replace('Z', '+00:00')).timestamp()
                for name, at in self.fleet.rows('SELECT c.name, s.received_at FROM sample s '
                                                'JOIN client c ON c.id = s.client_id')}

    def test_only_its_own_hosts_wait(self):
        slow = self.slow_client('slow', 200)
        for i in range(4):
            self.client(f'good{i}')
        started = time.time()
        result = self.collect()
        ends = self.ends()
        for i in range(4):
            self.expect(f'good{i}', 'ok')
            self.assertLess(ends[f'good{i}'], ends['slow'])
        self.expect('slow', 'ok')
        if ends['slow'] - started > 7:  # as the sanitizers make sure
            self.assertRegex(result.err, f'{slow}: took .* to decrypt with its 200 rounds')

    def test_that_never_opens(self):
        never = self.slow_client('never', 65000)
        self.client('good')
        result = self.collect(collector='connect-timeout="2s" deadline="9s"')
        self.expect('good', 'ok')
        self.expect('never', 'auth', 'auth', f'{never}: is not open after ')
        self.assertIn('make the rounds fewer', self.rows()['never'][2])
        self.assertEqual(result.err.count('is not open after'), 1, result)

    def test_that_had_no_time_to_open(self):
        """A run that somebody ends says nothing of a key that was still being opened."""
        self.slow_client('pending', 65000)
        self.client('good')
        self.configure()
        process = self.fleet.start('collector', '-v')
        for line in process.stderr:
            if 'good: ok' in line:
                break
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0, err)
        self.expect('good', 'ok')
        self.expect('pending', 'not-done', words='the run was ended')
        self.assertNotIn('is not open after', err)

    def test_too_many_rounds(self):
        key = self.slow_client('absurd', 4000000000)
        self.client('good')
        self.collect()
        self.expect('good', 'ok')
        self.expect('absurd', 'auth', 'auth', f'ssh-keygen -p -a 16 -f {key}')


class ManyKeys(test_poll.PollTest):
    def test_more_than_the_signer_holds(self):
        """The others are polled all the same."""
        port = test_poll.free_port()
        for i in range(1026):
            path = self.fleet.path(f'id{i}')
            shutil.copy(self.key, path)
            self.client(f'c{i:04}', port=port, key=path)
        self.collect()
        outcomes = collections.Counter(row[0] for row in self.rows().values())
        self.assertEqual(outcomes, {'refused': 1024, 'auth': 2})
        self.expect('c1025', 'auth', 'auth', 'more identities in use than the signer holds')

    def test_a_signer_that_stands_still_holds_up_nobody_else(self):
        """The one in the place of one that died: its queue is full of keys to open when a poller
        that is in the place of another is to be handed to it."""
        port = test_poll.free_port()
        silent = test_poll.Server(test_poll.say_nothing)
        self.addCleanup(silent.close)
        for i in range(400):
            path = self.fleet.path(f'id{i}')
            shutil.copy(self.key, path)
            self.client(f'c{i:03}', port=port, key=path)
        self.client('silent', port=silent.port, key=path, timeout='60s')
        for i in range(3):
            self.client(f'last{i}', port=port, key=path)
        self.configure('connect-timeout="2s" pollers="1" sessions="1" connects="1"')
        process = self.fleet.start('collector', '-v')
        self.addCleanup(process.kill)
        self.hear(process, 'c399: ')
        signer, = test_poll.children(process.pid, 'signer')
        os.kill(signer, signal.SIGKILL)
        signer, = self.wait_for(lambda: set(test_poll.children(process.pid, 'signer')) - {signer})
        os.kill(signer, signal.SIGSTOP)
        self.hear(process, 'the signer died')
        time.sleep(1)
        for poller in test_poll.children(process.pid, 'poller'):
            os.kill(poller, signal.SIGKILL)
        killed = time.monotonic()
        self.hear(process, 'last2: ')
        self.assertLess(time.monotonic() - killed, 10)
        os.kill(signer, signal.SIGCONT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.expect('silent', 'internal', '', 'its poller died')
        self.expect('last2', 'refused')

    def hear(self, process, words):
        for line in process.stderr:
            if words in line:
                return
        self.fail(f'it does not say: {words}')


class DeafAgent(test_poll.PollTest):
    def test_it_is_not_asked_for_ever(self):
        """It says which keys it has, and answers nothing more: ten seconds, twice."""
        path = str(self.folder / 'deaf')
        agent = subprocess.Popen(['ssh-agent', '-D', '-a', path + '.real'],
                                 stdout=subprocess.DEVNULL)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.terminate)
        while not os.path.exists(path + '.real'):
            time.sleep(0.02)
        subprocess.run(['ssh-add', '-q', self.key], env={'SSH_AUTH_SOCK': path + '.real'},
                       check=True)
        late = test_poll.LateAgent(path, path + '.real', 100)
        late.late *= 20
        self.addCleanup(late.close)
        for i in range(8):
            self.client(f'deaf{i}', key=f'agent:{path}', timeout='40s')
            self.client(f'good{i}', timeout='40s')
        started = time.monotonic()
        result = self.collect()
        self.assertLess(time.monotonic() - started, 40)
        for i in range(8):
            self.expect(f'deaf{i}', 'internal', 'auth')
        self.assertEqual(result.err.count('it does not answer, and is asked no more'), 1, result)
        self.expect_good_at_once(8)

    def expect_good_at_once(self, count):
        """Whose keys are no agent's wait for none."""
        rows = self.fleet.rows(
            'SELECT (julianday(s.received_at) - julianday(y.started_at)) * 86400 FROM sample s '
            'JOIN client c ON c.id = s.client_id JOIN cycle y ON y.id = s.cycle_id '
            "WHERE s.outcome = 'ok' AND c.name LIKE 'good%'")
        self.assertEqual(len(rows), count)
        self.assertLess(max(row[0] for row in rows), 8, rows)

    def test_one_that_does_not_even_say_what_it_has(self):
        path = str(self.folder / 'mute')
        with socket.socket(socket.AF_UNIX) as mute:
            mute.bind(path)
            mute.listen()
            for i in range(4):
                self.client(f'mute{i}', key=f'agent:{path}', timeout='30s')
                self.client(f'good{i}', timeout='30s')
            result = self.collect()
        for i in range(4):
            self.expect(f'mute{i}', 'auth', 'auth', 'agent')
        self.assertIn('agent', result.err)
        self.expect_good_at_once(4)


class KnownHosts(test_poll.PollTest):
    def hash_names(self):
        known = self.fleet.path('known_hosts')
        subprocess.run(['ssh-keygen', '-q', '-H', '-f', known], check=True, capture_output=True)
        os.chmod(known, 0o600)

    def run_hashed(self):
        """Which file the cache is after a run."""
        result = self.fleet.run('collector')
        self.assertEqual(result.status, 0, result)
        status = os.stat(self.fleet.path('encrypted_stats/known_hosts.cache'))
        self.assertEqual(stat.S_IMODE(status.st_mode), 0o600)
        return status.st_ino, status.st_mtime_ns

    def test_hashed_names_are_resolved_once(self):
        self.client('four')
        self.client('six', ip='::1')
        self.client('unknown', ip='0.0.0.0')
        self.configure()
        self.hash_names()
        self.assertNotIn('127.0.0.1', pathlib.Path(self.fleet.path('known_hosts')).read_text())
        first = self.run_hashed()
        self.assertEqual(first, self.run_hashed())
        for name in ('four', 'six'):
            self.expect(name, 'ok')
        self.expect('unknown', 'host-key-unknown')
        with open(self.fleet.path('known_hosts'), 'a', encoding='utf-8') as f:
            f.write(f'localhost {self.sshd.public_key()}\n')
        self.hash_names()
        self.assertNotEqual(first, self.run_hashed())
        for name in ('four', 'six'):
            self.expect(name, 'ok')


class Groups(test_poll.PollTest):
    def test_an_identity_a_group(self):
        """What stands nearest wins; a group's key serves those in it, and nobody else."""
        keys = {name: keygen(self.folder / f'group-{name}') for name in ('outer', 'inner', 'own')}
        for key in keys.values():
            with open(self.sshd.home / 'authorized_keys', 'a', encoding='utf-8') as f:
                f.write(pathlib.Path(key + '.pub').read_text(encoding='utf-8'))
        at = f'ip="127.0.0.1" port="{self.sshd.port}"'
        self.clients.append(
            f'<group name="outer" username="{self.sshd.user}" identity="{keys["outer"]}">'
            f'<client name="a" {at}/><group name="inner" identity="{keys["inner"]}">'
            f'<client name="b" {at}/><client name="c" identity="{keys["own"]}" {at}/>'
            '</group></group>')
        self.collect()
        for client, key in (('a', 'outer'), ('b', 'inner'), ('c', 'own')):
            self.expect(client, 'ok')
            said = subprocess.run(['ssh-keygen', '-lf', keys[key] + '.pub'], capture_output=True,
                                  text=True, check=True).stdout.split()[1]
            accepted = f'Accepted publickey for {self.sshd.user} from 127.0.0.1 '
            lines = [line for line in self.sshd.log_with(said).splitlines()
                     if accepted in line and said in line]
            self.assertEqual(len(lines), 1, (client, lines))


class SshConfig(test_poll.PollTest):
    def setUp(self):
        super().setUp()
        self.gate = Sshd(pathlib.Path(self.fleet.path('gate')), authorized=[self.key + '.pub']).start()
        self.addCleanup(self.gate.stop)
        self.known += self.gate.known_hosts()
        self.config = self.fleet.write('ssh_config', f"""
Host gate
    Port {self.gate.port}
    ProxyJump none
Host in* !inside
    Port {self.sshd.port}
    ProxyJump gate
Host direct
    Port {self.sshd.port}
Host *
    HostName 127.0.0.1
    User {self.sshd.user}
    IdentityFile {self.key}
    UserKnownHostsFile {self.fleet.path("known_hosts")}
    BatchMode yes
""")

    def test_it_goes_where_ssh_goes(self):
        self.clients.append('<group name="g" ssh-config="ssh_config"><jump ip="gate"/>'
                            '<client ip="inner"/><client ip="direct"/></group>')
        self.collect()
        for name in ('inner', 'direct'):
            self.expect(name, 'ok')
            subprocess.run(['ssh', '-F', self.config, name, 'true'], check=True,
                           capture_output=True, timeout=30)
        # What went through the gate: the collector and ssh, once each.
        self.assertEqual(self.gate.log_with('Accepted').count('Accepted publickey'), 2)

    def test_what_config_xml_says_wins(self):
        self.clients.append(
            f'<client ip="direct" name="spoilt" port="{self.gate.port}" username="nobody-here" '
            'ssh-config="ssh_config"/>'
            f'<client ip="inner" name="around" jump="" ssh-config="ssh_config"/>')
        self.collect()
        self.expect('spoilt', 'auth')
        self.expect('around', 'ok')
        self.assertIn('nobody-here', self.gate.log_with('nobody-here'))
        self.assertNotIn('Accepted', self.gate.log())


if __name__ == '__main__':
    unittest.main()
