"""The collector's side of lib/wire/wire.h over pipes, and what opens a sealed report."""
import ctypes
import ctypes.util
import hashlib
import os
import subprocess

from rig.fleet import BUILD

PROBE = os.path.join(BUILD, 'remote', 'fleet-probe')
sodium = ctypes.CDLL(ctypes.util.find_library('sodium') or 'libsodium.so.23')


def digest(data):
    return hashlib.blake2b(data, digest_size=16).hexdigest()


class Key:
    def __init__(self):
        self.public = ctypes.create_string_buffer(32)
        self.secret = ctypes.create_string_buffer(32)
        sodium.crypto_box_keypair(self.public, self.secret)
        self.id = hashlib.blake2b(self.public.raw, digest_size=32).hexdigest()[:16]

    def open(self, sealed):
        text = ctypes.create_string_buffer(max(len(sealed) - 48, 1))
        if sodium.crypto_box_seal_open(text, sealed, ctypes.c_ulonglong(len(sealed)),
                                       self.public, self.secret) != 0:
            raise ValueError('does not open')
        return text.raw.decode()


def request(attempt, key, opens=None, keep=0, files=64, size=4 << 20, asks=''):
    opens = ','.join(k.id for k in (opens or [key]))
    return (f'fleet1 request id={attempt:016x} nonce={attempt:032x} key={key.public.raw.hex()} '
            f'keyid={key.id} open={opens} probe=- keep={keep} files={files} bytes={size}{asks}\n')


class File:
    def __init__(self, words, data):
        self.index, self.key_id, self.spooled = int(words[0]), words[1], words[3] == 'spooled'
        self.data = data


class Talk:
    """One conversation. What the far side said is in `needed`, `files`, `error`, `done`."""

    def __init__(self, argv, env, **more):
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, env=env, **more)
        self.needed = self.error = self.done = None
        self.files, self.noise = [], b''

    def send(self, data):
        try:
            self.process.stdin.write(data if isinstance(data, bytes) else data.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def line(self):
        """The next line of the protocol as words; None at end of file."""
        for line in self.process.stdout:
            if line.startswith(b'fleet1 ') and line.endswith(b'\n'):
                return line.decode()[7:-1].split(' ')
            self.noise += line
        return None

    def upload(self, probe, size=None):
        """After "need": True when the shell said it is ready to run what it got."""
        self.send(f'fleet1 upload {len(probe)} {digest(probe)}\n')
        if self.take(self.line()) != 'ready':
            return False
        self.send(probe[:size])
        if size is not None:
            self.process.stdin.close()
        return self.take(self.line()) == 'ready'

    def take(self, words):
        if words and words[0] == 'error':
            self.error = words[1:]
        if words and words[0] == 'done':
            self.done = [int(w) for w in words[1:]]
        return words and words[0]

    def take_file(self, words):
        length = int(words[2])
        data = self.process.stdout.read(length)
        assert len(data) == length and self.process.stdout.read(1) == b'\n'
        end = self.line()
        assert end == ['end', words[0], digest(data)], end
        self.files.append(File(words, data))

    def run(self, ask, probe=None, ack=lambda f: True):
        """The whole conversation; `probe` is what to upload when there is none yet."""
        self.send(ask)
        while words := self.line():
            if words[0] == 'need' and probe is not None:
                self.needed = words[1]
                if self.upload(probe):
                    self.send(ask)
            elif words[0] == 'file':
                self.take_file(words[1:])
            elif self.take(words) in ('done', 'error', 'need'):
                self.needed = words[1] if words[0] == 'need' else self.needed
                break
        for f in self.files:
            if self.done and ack(f):
                self.send(f'fleet1 ack {f.index}\n')
        return self.end()

    def end(self):
        if not self.process.stdin.closed:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
        self.noise += self.process.stdout.read()
        self.process.stdout.close()
        self.status = self.process.wait(timeout=30)
        return self
