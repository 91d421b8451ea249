"""Logging in as people do: by keys that take their time to open."""
import base64
import datetime
import pathlib
import re
import time
import unittest

import test_poll
from rig.sshd import keygen


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
        key = keygen(self.folder / name, 'ed25519', 'secret', '-a', str(min(rounds, 300)))
        if rounds > 300:
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

    def test_too_many_rounds(self):
        key = self.slow_client('absurd', 4000000000)
        self.client('good')
        self.collect()
        self.expect('good', 'ok')
        self.expect('absurd', 'auth', 'auth', f'ssh-keygen -p -a 16 -f {key}')


if __name__ == '__main__':
    unittest.main()
