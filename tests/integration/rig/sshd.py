"""A private OpenSSH sshd for tests: own keys, own port, own home folder, nothing of the
machine touched. Works as root and as a normal user.

    with Sshd(folder, authorized=[key + ".pub"]) as sshd:
        sshd.port, sshd.user, sshd.home, sshd.known_hosts(), sshd.log()

As root everything runs in a mount namespace of its own with an empty /run, and can have an
account `monitor` with a password and any login shell, which the machine's /etc/passwd never
sees. `prepare` is a piece of shell that runs in that namespace first (mounts, for instance).
"""
import ctypes
import fcntl
import os
import pathlib
import pwd
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import time

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin")
MONITOR = "monitor"
MONITOR_ID = 54321
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


def keygen(path, kind="ed25519", passphrase="", *more):
    """Makes a key pair with the real ssh-keygen; returns the private key's path."""
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "test",
                    "-f", str(path), *more], check=True, stdin=subprocess.DEVNULL)
    return str(path)


def free_port(address="127.0.0.1"):
    with socket.socket() as s:
        s.bind((address, 0))
        return s.getsockname()[1]


def enter_network():
    """Moves this process into a network namespace of its own, with lo up and every port free
    to bind, port 22 included. Raises OSError where the kernel does not let us."""
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNET | (CLONE_NEWUSER if uid else 0)) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    if uid:
        pathlib.Path("/proc/self/setgroups").write_text("deny")
        pathlib.Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        pathlib.Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").write_text("0")
    with socket.socket() as s:  # netdevice(7): SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(s, 0x8913, request))[1]
        fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", flags | 1))


def version():
    said = subprocess.run([SSHD, "-V"], capture_output=True, text=True)
    found = re.search(r"OpenSSH_(\d+)\.(\d+)", said.stdout + said.stderr)
    return (int(found[1]), int(found[2]))


class Sshd:
    def __init__(self, folder, *, authorized=(), key_options="", addresses=("127.0.0.1",),
                 port=None, host_keys=("ed25519", "ecdsa"), options=None, password=None,
                 shell=None, prepare=""):
        self.folder = pathlib.Path(folder)
        self.addresses = list(addresses)
        self.fixed_port = port
        self.port = port
        self.options = options or {}
        self.prepare = prepare
        self.private_account = password is not None or shell is not None
        self.process = None
        if (self.private_account or prepare) and os.getuid() != 0:
            raise RuntimeError("only root can have an account or mounts of its own")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.user = MONITOR if self.private_account else pwd.getpwuid(os.getuid()).pw_name
        self._make_home(authorized, key_options)
        self.host_keys = {kind: self._host_key(kind) for kind in host_keys}
        if self.private_account:
            self._make_account(password, shell or "/bin/sh")

    def _make_home(self, authorized, key_options):
        self.home = self.folder / "home" / self.user
        self.home.mkdir(parents=True, exist_ok=True)
        lines = [(key_options + " " + pathlib.Path(p).read_text()).lstrip() for p in authorized]
        (self.home / "authorized_keys").write_text("".join(lines))
        # As sshd and the commands it runs see it.
        self.seen_home = pathlib.Path("/home", self.user) if self.private_account else self.home
        if self.private_account:
            for path in (self.home, self.home / "authorized_keys"):
                os.chown(path, MONITOR_ID, MONITOR_ID)

    def _host_key(self, kind):
        path = self.folder / f"host_{kind}"
        if not path.exists():
            keygen(path, kind)
        return path

    def _make_account(self, password, shell):
        """Copies of /etc/passwd and /etc/shadow with one more account, for the namespace."""
        scrambled = "*"
        if password is not None:
            scrambled = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=password,
                                       capture_output=True, text=True, check=True).stdout.strip()
        passwd = pathlib.Path("/etc/passwd").read_text()
        shadow = pathlib.Path("/etc/shadow").read_text()
        (self.folder / "passwd").write_text(
            passwd + f"{MONITOR}:x:{MONITOR_ID}:{MONITOR_ID}::/home/{MONITOR}:{shell}\n")
        (self.folder / "shadow").write_text(shadow + f"{MONITOR}:{scrambled}:19000:0:99999:7:::\n")
        os.chmod(self.folder / "passwd", 0o644)
        os.chmod(self.folder / "shadow", 0o600)

    def _config(self):
        lines = [f"{name} {value}" for name, value in self.options.items()]  # the first wins
        lines += [f"ListenAddress {a}" for a in self.addresses]
        lines += [f"HostKey {path}" for path in self.host_keys.values()]
        lines += [
            f"Port {self.port}", f"PidFile {self.folder}/sshd.pid",
            f"AuthorizedKeysFile {self.seen_home}/authorized_keys",
            f"SetEnv HOME={self.seen_home} XDG_CACHE_HOME={self.seen_home}/.cache",
            "UsePAM no", "StrictModes no", "PermitRootLogin yes", "PermitUserRC no",
            "PrintMotd no", "LogLevel VERBOSE", "MaxStartups 1000", "UseDNS no",
            "PasswordAuthentication " + ("yes" if self.private_account else "no"),
        ]
        if version() >= (9, 8):
            lines.append("PerSourcePenalties no")
        return "\n".join(lines) + "\n"

    def _command(self):
        sshd = [SSHD, "-D", "-f", str(self.folder / "sshd_config"),
                "-E", str(self.folder / "sshd.log")]
        if os.getuid() != 0:
            return sshd
        script = ["mount -t tmpfs -o mode=755 tmpfs /run", "mkdir -m 755 /run/sshd"]
        if self.private_account:
            script += [f"mount --bind {shlex.quote(str(self.folder / name))} /etc/{name}"
                       for name in ("passwd", "shadow")]
            script.append(f"mount --bind {shlex.quote(str(self.folder / 'home'))} /home")
        script += [self.prepare] if self.prepare else []
        script.append("exec " + shlex.join(sshd))
        return ["unshare", "--mount", "--propagation", "private",
                "sh", "-e", "-c", "\n".join(script)]

    def _listens(self):
        try:
            for address in self.addresses:
                socket.create_connection((address, self.port), 1).close()
            return True
        except OSError:
            return False

    def start(self):
        for _ in range(5):  # another test may take the port first
            self.port = self.fixed_port or free_port(self.addresses[0])
            (self.folder / "sshd_config").write_text(self._config())
            self.process = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, start_new_session=True)
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and self.process.poll() is None:
                if self._listens():
                    return self
                time.sleep(0.02)
            self.stop()
        raise RuntimeError("sshd does not start: " + self.log())

    def stop(self):
        """Ends the listener and the sessions it serves (they are its process group)."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.process.wait(10)
        self.process.stderr.close()
        self.process = None

    __enter__ = start

    def __exit__(self, *unused):
        self.stop()

    def log(self):
        try:
            return (self.folder / "sshd.log").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def public_key(self, kind="ed25519"):
        """"TYPE BASE64" of a host key."""
        return " ".join(pathlib.Path(f"{self.host_keys[kind]}.pub").read_text().split()[:2])

    def fingerprint(self, kind="ed25519"):
        said = subprocess.run(["ssh-keygen", "-l", "-f", f"{self.host_keys[kind]}.pub"],
                              capture_output=True, text=True, check=True).stdout
        return said.split()[1]

    def known_hosts(self, *kinds):
        """Lines for a known_hosts file: every address, the keys of these kinds (or all)."""
        return "".join(
            (a if self.port == 22 else f"[{a}]:{self.port}") + " " + self.public_key(kind) + "\n"
            for a in self.addresses for kind in (kinds or self.host_keys))
