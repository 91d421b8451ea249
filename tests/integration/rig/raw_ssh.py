"""An SSH server that says what no library would: broken packets, wherever in the protocol.

    server = RawSsh('exit-signal')       # a name of FAULTS; one port each, any number of clients
    server.port, server.known_hosts()
    server.close()

The honest part is as small as RFC 4253, 4252 and 4254 allow: curve25519-sha256, ssh-ed25519,
aes256-ctr, hmac-sha2-256. Any login and any command is taken. A fault is a function of the
connection that goes as far as it likes and then says its piece; a new one is such a function with
@fault, whose docstring says what is wrong.
"""
import base64
import contextlib
import ctypes
import ctypes.util
import hashlib
import hmac
import os
import socket
import struct
import threading
import time

from rig.probe import sodium

crypto = ctypes.CDLL(ctypes.util.find_library('crypto') or 'libcrypto.so.3')
crypto.EVP_CIPHER_CTX_new.restype = crypto.EVP_aes_256_ctr.restype = ctypes.c_void_p

VERSION = b'SSH-2.0-raw'
KEX, HOST_KEY, CIPHER, MAC = b'curve25519-sha256', b'ssh-ed25519', b'aes256-ctr', b'hmac-sha2-256'
(DISCONNECT, IGNORE, UNIMPLEMENTED, DEBUG, SERVICE_REQUEST, SERVICE_ACCEPT) = range(1, 7)
KEXINIT, NEWKEYS, KEX_INIT, KEX_REPLY = 20, 21, 30, 31
AUTH_REQUEST, AUTH_FAILURE, AUTH_SUCCESS, AUTH_BANNER, AUTH_PK_OK = 50, 51, 52, 53, 60
GLOBAL_REQUEST = 80
(OPEN, OPEN_CONFIRMATION, OPEN_FAILURE, WINDOW_ADJUST, DATA, EXTENDED_DATA, EOF, CLOSE, REQUEST,
 SUCCESS) = range(90, 100)
HUGE = 0xfffffffe

FAULTS = {}


def u32(n):
    return struct.pack('>I', n)


def string(data):
    return u32(len(data)) + data


def mpint(data):
    data = data.lstrip(b'\0')
    return string((b'\0' if data[:1] >= b'\x80' else b'') + data)


def take_string(data):
    n = int.from_bytes(data[:4], 'big')
    return data[4:4 + n], data[4 + n:]


class Stream:
    """One direction: AES-256 in counter mode and its packets' numbers."""

    def __init__(self, key, iv, mac_key):
        self.mac_key = mac_key
        self.context = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new())
        crypto.EVP_EncryptInit_ex(self.context, ctypes.c_void_p(crypto.EVP_aes_256_ctr()), None,
                                  key, iv)

    def crypt(self, data):
        out, n = ctypes.create_string_buffer(len(data)), ctypes.c_int()
        crypto.EVP_EncryptUpdate(self.context, out, ctypes.byref(n), data, len(data))
        return out.raw

    def mac(self, number, packet):
        return hmac.digest(self.mac_key, u32(number) + packet, 'sha256')

    def __del__(self):
        crypto.EVP_CIPHER_CTX_free(self.context)


class HostKey:
    def __init__(self):
        public, self.secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        sodium.crypto_sign_keypair(public, self.secret)
        self.blob = string(HOST_KEY) + string(public.raw)

    def sign(self, data):
        signature = ctypes.create_string_buffer(64)
        sodium.crypto_sign_detached(signature, None, data, ctypes.c_ulonglong(len(data)),
                                    self.secret)
        return string(HOST_KEY) + string(signature.raw)


class Connection:
    """The honest side, as far as a fault lets it come."""

    def __init__(self, sock, key):
        self.socket, self.key = sock, key
        self.out = self.into = None  # Streams, once there are keys
        self.sent = self.received = 0

    # ---- packets

    def read(self, n):
        data = b''
        while len(data) < n:
            part = self.socket.recv(n - len(data))
            if not part:
                raise ConnectionError
            data += part
        return data

    def send(self, payload, *, length=None, padding=None, mac=None):
        """length, padding, mac: what the packet claims, in place of the truth."""
        block = 16 if self.out else 8
        pad = block - (5 + len(payload)) % block
        pad += block if pad < 4 else 0
        packet = u32(1 + len(payload) + pad if length is None else length)
        packet += bytes([pad if padding is None else padding]) + payload + os.urandom(pad)
        if self.out:
            tail = mac or self.out.mac(self.sent, packet)
            packet = self.out.crypt(packet) + tail
        self.sent += 1
        self.socket.sendall(packet)

    def receive(self):
        head = self.read(16 if self.into else 8)
        if self.into:
            head = self.into.crypt(head)
        rest = self.read(4 + int.from_bytes(head[:4], 'big') - len(head))
        if self.into:
            rest = self.into.crypt(rest)
            self.read(32)
        self.received += 1
        packet = head + rest
        return packet[5:len(packet) - packet[4]]

    def expect(self, kind):
        while True:
            payload = self.receive()
            if payload[0] == kind:
                return payload
            if payload[0] == DISCONNECT:
                raise ConnectionError

    # ---- stages

    def greet(self):
        self.socket.sendall(VERSION + b'\r\n')
        self.client_version = b''
        while not self.client_version.endswith(b'\n'):
            self.client_version += self.read(1)
        self.client_version = self.client_version.rstrip(b'\r\n')

    @staticmethod
    def kexinit():
        lists = [KEX, HOST_KEY, CIPHER, CIPHER, MAC, MAC, b'none', b'none', b'', b'']
        return bytes([KEXINIT]) + os.urandom(16) + b''.join(map(string, lists)) + b'\0' + u32(0)

    def negotiate(self):
        """Both KEXINITs; returns the client's public value."""
        self.greet()
        self.server_init = self.kexinit()
        self.send(self.server_init)
        self.client_init = self.expect(KEXINIT)
        return take_string(self.expect(KEX_INIT)[1:])[0]

    def exchange_hash(self, client_value, value, shared):
        parts = [self.client_version, VERSION, self.client_init, self.server_init, self.key.blob,
                 client_value, value]
        return hashlib.sha256(b''.join(map(string, parts)) + mpint(shared)).digest()

    def reply(self, client_value):
        """The answer to the key exchange; remembers what the keys are made of."""
        secret, value = os.urandom(32), ctypes.create_string_buffer(32)
        shared = ctypes.create_string_buffer(32)
        sodium.crypto_scalarmult_base(value, secret)
        sodium.crypto_scalarmult(shared, secret, client_value)
        self.hash = self.exchange_hash(client_value, value.raw, shared.raw)
        self.shared = mpint(shared.raw)
        return (bytes([KEX_REPLY]) + string(self.key.blob) + string(value.raw) +
                string(self.key.sign(self.hash)))

    def derive(self, letter, size):
        return hashlib.sha256(self.shared + self.hash + letter + self.hash).digest()[:size]

    def exchange_keys(self):
        """Up to and including NEWKEYS of both sides."""
        self.send(self.reply(self.negotiate()))
        self.send(bytes([NEWKEYS]))
        self.expect(NEWKEYS)
        self.into = Stream(self.derive(b'C', 32), self.derive(b'A', 16), self.derive(b'E', 32))
        self.out = Stream(self.derive(b'D', 32), self.derive(b'B', 16), self.derive(b'F', 32))

    def accept_service(self):
        self.exchange_keys()
        self.send(bytes([SERVICE_ACCEPT]) + self.expect(SERVICE_REQUEST)[1:])

    def log_in(self):
        self.accept_service()
        while True:
            _, rest = take_string(self.expect(AUTH_REQUEST)[1:])
            _, rest = take_string(rest)
            method, rest = take_string(rest)
            if method == b'publickey' and rest[:1] == b'\0':
                self.send(bytes([AUTH_PK_OK]) + rest[1:])
            elif method in (b'publickey', b'password'):
                self.send(bytes([AUTH_SUCCESS]))
                return
            else:
                self.send(bytes([AUTH_FAILURE]) + string(b'publickey,password') + b'\0')

    def open_channel(self):
        self.log_in()
        _, rest = take_string(self.expect(OPEN)[1:])
        self.channel = rest[:4]
        self.send(bytes([OPEN_CONFIRMATION]) + self.channel + u32(0) + u32(1 << 21) + u32(32768))

    def run(self):
        """A command begins."""
        self.open_channel()
        self.expect(REQUEST)
        self.send(bytes([SUCCESS]) + self.channel)

    def say(self, kind, rest=b''):
        """A message of the channel."""
        self.send(bytes([kind]) + self.channel + rest)

    def request(self, name, rest):
        self.say(REQUEST, string(name) + b'\0' + rest)


def fault(function):
    FAULTS[function.__name__.replace('_', '-')] = function
    return function


# ---- in the clear

@fault
def length_huge(c):
    """A packet of four gigabytes."""
    c.greet()
    c.send(c.kexinit(), length=0xffffffff)


@fault
def length_zero(c):
    """A packet of no bytes."""
    c.greet()
    c.send(b'', length=0)


@fault
def padding_beyond(c):
    """More padding than packet."""
    c.greet()
    c.send(c.kexinit(), padding=255)
    c.send(b'\x14', padding=255)


@fault
def version_with_nul(c):
    """A zero byte in the first line."""
    c.socket.sendall(b'SSH-2.0-\0\0\0\r\n')
    c.expect(KEXINIT)


@fault
def kexinit_cut(c):
    """A list of algorithms that goes on beyond the packet."""
    c.greet()
    c.send(bytes([KEXINIT]) + os.urandom(16) + u32(HUGE) + KEX)


@fault
def kexinit_short(c):
    """Nothing but its type."""
    c.greet()
    c.send(bytes([KEXINIT]))


@fault
def kex_reply_cut(c):
    """A host key of four gigabytes."""
    c.negotiate()
    c.send(bytes([KEX_REPLY]) + u32(HUGE) + c.key.blob)


@fault
def kex_reply_short(c):
    """Nothing but its type."""
    c.negotiate()
    c.send(bytes([KEX_REPLY]))


@fault
def host_key_cut(c):
    """A host key that is shorter than its inner length says."""
    c.negotiate()
    c.send(bytes([KEX_REPLY]) + string(string(HOST_KEY) + u32(HUGE)) + string(bytes(32)) +
           string(bytes(83)))


@fault
def no_point(c):
    """A public value that is zero: the shared secret would be known to all."""
    c.negotiate()
    c.send(bytes([KEX_REPLY]) + string(c.key.blob) + string(bytes(32)) +
           string(c.key.sign(bytes(32))))


@fault
def signature_wrong(c):
    """The host key, signed by somebody who has not got it."""
    client_value = c.negotiate()
    reply = bytearray(c.reply(client_value))
    reply[-1] ^= 1
    c.send(bytes(reply))


# ---- before the login

@fault
def mac_wrong(c):
    """A packet that somebody changed on its way."""
    c.exchange_keys()
    c.expect(SERVICE_REQUEST)
    c.send(bytes([SERVICE_ACCEPT]) + string(b'ssh-userauth'), mac=bytes(32))


@fault
def service_cut(c):
    """A service whose name goes on beyond the packet."""
    c.exchange_keys()
    c.expect(SERVICE_REQUEST)
    c.send(bytes([SERVICE_ACCEPT]) + u32(HUGE))


@fault
def encrypted_length_huge(c):
    """Four gigabytes, encrypted."""
    c.exchange_keys()
    c.expect(SERVICE_REQUEST)
    c.send(bytes([SERVICE_ACCEPT]), length=0xfffffff0)


@fault
def banner_huge(c):
    """Words before the login, four gigabytes of them."""
    c.accept_service()
    c.expect(AUTH_REQUEST)
    c.send(bytes([AUTH_BANNER]) + u32(HUGE) + b'x')


@fault
def failure_cut(c):
    """Ways to log in that go on beyond the packet."""
    c.accept_service()
    c.expect(AUTH_REQUEST)
    c.send(bytes([AUTH_FAILURE]) + u32(HUGE))


@fault
def failure_short(c):
    """Nothing but its type."""
    c.accept_service()
    c.expect(AUTH_REQUEST)
    c.send(bytes([AUTH_FAILURE]))


@fault
def disconnect_cut(c):
    """A farewell of four gigabytes."""
    c.accept_service()
    c.expect(AUTH_REQUEST)
    c.send(bytes([DISCONNECT]) + u32(2) + u32(HUGE) + b'x')


@fault
def debug_cut(c):
    """A remark of four gigabytes."""
    c.accept_service()
    c.expect(AUTH_REQUEST)
    c.send(bytes([DEBUG]) + b'\1' + u32(HUGE))


@fault
def unknown_flood(c):
    """Messages that no RFC knows, without end."""
    c.accept_service()
    while True:
        c.send(bytes([200]) + bytes(30000))


# ---- the channel

@fault
def open_short(c):
    """A channel without number, window or packet size."""
    c.log_in()
    c.expect(OPEN)
    c.send(bytes([OPEN_CONFIRMATION]))


@fault
def open_failure_cut(c):
    """A refusal of four gigabytes."""
    c.log_in()
    _, rest = take_string(c.expect(OPEN)[1:])
    c.send(bytes([OPEN_FAILURE]) + rest[:4] + u32(1) + u32(HUGE))


@fault
def exit_signal(c):
    """The name of a signal, four gigabytes long."""
    c.run()
    c.request(b'exit-signal', u32(HUGE) + b'KILL')


@fault
def exit_signal_short(c):
    """A signal without a name."""
    c.run()
    c.request(b'exit-signal', b'')


@fault
def exit_status_short(c):
    """A status of one byte."""
    c.run()
    c.request(b'exit-status', b'\0')


@fault
def request_cut(c):
    """A request whose name goes on beyond the packet."""
    c.run()
    c.say(REQUEST, u32(HUGE) + b'exit-status')


@fault
def data_cut(c):
    """Data that go on beyond the packet."""
    c.run()
    c.say(DATA, u32(HUGE) + b'x')


@fault
def data_short(c):
    """Data without a length."""
    c.run()
    c.say(DATA)


@fault
def data_beyond_window(c):
    """More than was asked for, without end."""
    c.run()
    while True:
        c.say(DATA, string(b'x' * 30000))


@fault
def extended_cut(c):
    """Standard error that goes on beyond the packet."""
    c.run()
    c.say(EXTENDED_DATA, u32(1) + u32(HUGE))


@fault
def extended_short(c):
    """Standard error without kind or length."""
    c.run()
    c.say(EXTENDED_DATA)


@fault
def window_overflow(c):
    """A window of more than 2^32."""
    c.run()
    for _ in range(3):
        c.say(WINDOW_ADJUST, u32(0xffffffff))


@fault
def window_short(c):
    """A window without a size."""
    c.run()
    c.say(WINDOW_ADJUST)


@fault
def other_channel(c):
    """Everything, for a channel that was never opened."""
    c.run()
    c.channel = u32(77)
    for kind, rest in ((DATA, string(b'x')), (EXTENDED_DATA, u32(1) + string(b'x')),
                       (WINDOW_ADJUST, u32(1)), (REQUEST, string(b'exit-status') + b'\0' + u32(0)),
                       (EOF, b''), (CLOSE, b''), (SUCCESS, b'')):
        c.say(kind, rest)


@fault
def close_short(c):
    """An end of no channel."""
    c.run()
    c.send(bytes([CLOSE]))


@fault
def global_flood(c):
    """Questions about everything, without end and with an answer wanted."""
    c.run()
    while True:
        c.send(bytes([GLOBAL_REQUEST]) + string(b'x' * 30000) + b'\1')


@fault
def channel_flood(c):
    """Channels of the server's own, without end."""
    c.run()
    while True:
        c.send(bytes([OPEN]) + string(b'x11') + u32(9) + u32(1 << 21) + u32(32768) +
               string(b'x' * 30000) + u32(1))


def send_unasked(c, size):
    """As many bytes, in messages that wait in vain for somebody to take them."""
    for _ in range(size // 30000):
        c.send(bytes([200]) + bytes(29999))


@fault
def hoard(c):
    """As much as a session may hold, and then silence."""
    c.run()
    send_unasked(c, 900000)


@fault
def hoard_report(c):
    """The same, half of it in a report that does not end."""
    c.run()
    report = b'\nfleet1 file 0 0123456789abcdef 1048576 spooled\n' + b'x' * 450000
    for at in range(0, len(report), 30000):
        c.say(DATA, string(report[at:at + 30000]))
    send_unasked(c, 450000)


@fault
def new_keys(c):
    """New keys in the middle of everything."""
    c.run()
    c.send(c.kexinit())


@fault
def nothing_wrong(c):
    """A command that says nothing, to show that the honest part is."""
    c.run()
    c.request(b'exit-status', u32(0))
    c.say(EOF)
    c.say(CLOSE)


@fault
def nothing_wrong_slowly(c):
    """The same after a while."""
    c.run()
    time.sleep(2)
    c.request(b'exit-status', u32(0))
    c.say(EOF)
    c.say(CLOSE)


class RawSsh:
    def __init__(self, name, address='127.0.0.1'):
        self.fault, self.key = FAULTS[name], HostKey()
        self.came = 0  # how many connections got to say their piece
        self.listener = socket.create_server((address, 0), backlog=64)
        self.address, self.port = address, self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def known_hosts(self):
        return (f'[{self.address}]:{self.port} ssh-ed25519 '
                f'{base64.b64encode(self.key.blob).decode()}\n')

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with contextlib.suppress(OSError), sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.fault(Connection(sock, self.key))
            self.came += 1
            while sock.recv(65536):
                pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
