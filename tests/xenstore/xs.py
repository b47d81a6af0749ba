# SPDX-License-Identifier: GPL-2.0-only
"""A store daemon on a stand-in machine, raw clients over socket and ring, and TAP."""

import mmap
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

(CONTROL, DIRECTORY, READ, GET_PERMS, WATCH, UNWATCH, TRANSACTION_START, TRANSACTION_END,
 INTRODUCE, RELEASE, GET_DOMAIN_PATH, WRITE, MKDIR, RM, SET_PERMS, WATCH_EVENT, ERROR,
 IS_DOMAIN_INTRODUCED, RESUME, SET_TARGET) = range(20)
RESET_WATCHES, DIRECTORY_PART = 21, 22

count = failed = 0


def ok(passed, what, got=None):
    """One check; got is shown if it fails."""
    global count, failed
    count += 1
    failed += not passed
    print("%sok %d - %s" % ("" if passed else "not ", count, what), flush=True)
    if not passed and got is not None:
        print("# got %r" % (got,), flush=True)
    return passed


def same(got, want, what):
    if not ok(got == want, what, got):
        print("# expected %r" % (want,), flush=True)


def skip_all(why):
    print("1..0 # SKIP " + why)
    sys.exit(0)


def done():
    print("1..%d" % count)
    sys.exit(failed > 0)


class Error(Exception):
    """An XS_ERROR reply; str() is the error's name."""


class Client:
    """What sockets and rings have in common: messages."""

    def __init__(self):
        self.events, self.next_id, self.buf = [], 0, b""

    def send(self, kind, body=b"", tx=0):
        self.next_id += 1
        body = body.encode() if isinstance(body, str) else body
        self.put(struct.pack("<4I", kind, self.next_id, tx, len(body)) + body)
        return self.next_id

    def message(self, timeout=10):
        """(type, req_id, tx_id, body) of the next message."""
        end = time.monotonic() + timeout
        while True:
            if len(self.buf) >= 16:
                kind, rid, tx, size = struct.unpack("<4I", self.buf[:16])
                if len(self.buf) >= 16 + size:
                    body, self.buf = self.buf[16:16 + size], self.buf[16 + size:]
                    return kind, rid, tx, body
            self.more(end - time.monotonic())

    def reply(self, rid):
        while True:
            kind, got, _, body = self.message()
            if kind == WATCH_EVENT:
                self.events.append(tuple(body.decode().split("\0")[:2]))
            elif got != rid:
                raise AssertionError("reply to %d instead of %d" % (got, rid))
            elif kind == ERROR:
                raise Error(body.rstrip(b"\0").decode())
            else:
                return body

    def ask(self, kind, body=b"", tx=0):
        return self.reply(self.send(kind, body, tx))

    def refused(self, kind, body=b"", tx=0):
        """The error's name, or None."""
        try:
            self.ask(kind, body, tx)
        except Error as e:
            return str(e)
        return None

    def write(self, path, value, tx=0):
        self.ask(WRITE, path + "\0" + value, tx)

    def read(self, path, tx=0):
        return self.ask(READ, path + "\0", tx).decode()

    def perms(self, path, *perms):
        self.ask(SET_PERMS, "\0".join((path,) + perms) + "\0")

    def begin(self):
        return int(self.ask(TRANSACTION_START, "\0").rstrip(b"\0"))

    def end(self, tx, commit=True):
        return self.refused(TRANSACTION_END, "T\0" if commit else "F\0", tx) or "OK"

    def take_events(self):
        self.ask(GET_DOMAIN_PATH, "0\0")
        got, self.events = self.events, []
        return got


class Sock(Client):
    def __init__(self, daemon):
        super().__init__()
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(daemon.path)

    def put(self, data):
        self.sock.sendall(data)

    def more(self, timeout):
        self.sock.settimeout(max(timeout, 0.001))
        data = self.sock.recv(65536)
        if not data:
            raise EOFError("the daemon closed the connection")
        self.buf += data

    def close(self):
        self.sock.close()


class Ring(Client):
    """The ring of a domain on the stand-in machine, from the guest's side."""

    SIZE = 1024
    REQ_CONS, REQ_PROD, RSP_CONS, RSP_PROD, FEATURES, CONNECTION, ERR = range(2048, 2076, 4)

    def __init__(self, daemon, domid):
        super().__init__()
        self.daemon, self.domid = daemon, domid
        path = "%s/ring-%d" % (daemon.machine, domid)
        with open(path, "wb") as f:
            f.truncate(4096)
        with open("%s/dom-%d" % (daemon.machine, domid), "w") as f:
            f.write(".")
        fd = os.open(path, os.O_RDWR)
        self.page = mmap.mmap(fd, 4096)
        self.words = memoryview(self.page).cast("I")
        os.close(fd)

    # An index must change in one store: struct.pack_into() writes zeroes first.
    def get(self, at):
        return self.words[at // 4]

    def set(self, at, value):
        self.words[at // 4] = value & 0xffffffff

    def kick(self):
        self.daemon.raise_event(1000 + self.domid)

    def put(self, data, timeout=10):
        end = time.monotonic() + timeout
        while data:
            prod, cons = self.get(self.REQ_PROD), self.get(self.REQ_CONS)
            room = self.SIZE - (prod - cons)
            for b in data[:room]:
                self.page[prod % self.SIZE] = b
                prod += 1
            data = data[room:]
            self.set(self.REQ_PROD, prod)
            self.kick()
            if data and time.monotonic() > end:
                raise TimeoutError("the daemon does not read the ring")

    def more(self, timeout):
        end = time.monotonic() + timeout
        while self.get(self.RSP_CONS) == self.get(self.RSP_PROD):
            if time.monotonic() > end:
                raise TimeoutError("no answer in the ring: indices and fields are %s" %
                                   [self.get(i) for i in range(2048, 2076, 4)])
        cons, prod = self.get(self.RSP_CONS), self.get(self.RSP_PROD)
        while cons != prod:
            self.buf += self.page[1024 + cons % self.SIZE:1025 + cons % self.SIZE]
            cons = (cons + 1) & 0xffffffff
        self.set(self.RSP_CONS, cons)
        self.kick()


class Daemon:
    """One daemon in a folder of its own; its own death is a failed check."""

    def __init__(self, *args, xen=True, binary=None):
        self.dir = tempfile.mkdtemp(prefix="xenstore-test.")
        self.machine, self.path = self.dir + "/machine", self.dir + "/socket"
        self.binary = binary or os.environ["XENSTORED"]
        self.env = dict(os.environ, XENSTORED_RUNDIR=self.dir, XENSTORED_PATH=self.path)
        os.mkdir(self.machine)
        if xen:
            os.mkfifo(self.machine + "/events")
            self.env["XEN_STAND_IN"] = self.machine
        self.log = open(self.dir + "/log", "w+")
        self.proc = subprocess.Popen([self.binary, "-N", *args], env=self.env,
                                     stdout=self.log, stderr=self.log)
        self.wait_for_socket()
        self.events_fd = os.open(self.machine + "/events", os.O_WRONLY) if xen else -1

    def wait_for_socket(self):
        for _ in range(1000):
            try:
                Sock(self).close()
                return
            except OSError:
                if self.proc.poll() is not None:
                    break
                time.sleep(0.01)
        print("Bail out! the daemon does not start: " + self.log_text())
        sys.exit(99)

    def raise_event(self, port):
        os.write(self.events_fd, struct.pack("<I", port))

    def cpu_ticks(self):
        """Clock ticks that the daemon has run."""
        with open("/proc/%d/stat" % self.proc.pid) as f:
            return sum(int(n) for n in f.read().rsplit(")", 1)[1].split()[11:13])

    def log_text(self):
        with open(self.dir + "/log") as f:
            return f.read()

    def introduce(self, client, domid):
        ring = Ring(self, domid)
        client.ask(INTRODUCE, "%d\0%d\0%d\0" % (domid, 1, 1))
        return ring

    def tool(self, *args, **kw):
        return subprocess.run(args, env=self.env, capture_output=True, text=True, timeout=60, **kw)

    def stop(self):
        """End it; the audit is clean, it ends well, and no sanitizer complains."""
        try:
            c = Sock(self)
            same(c.ask(CONTROL, "check\0"), b"OK\0", "the store's audit finds nothing")
            c.close()
        except (OSError, EOFError) as e:
            ok(False, "the daemon is still there", e)
        self.proc.send_signal(signal.SIGTERM)
        try:
            rc = self.proc.wait(30)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            rc = "timeout"
        text = self.log_text()
        bad = rc != 0 or "Sanitizer" in text or "runtime error" in text
        if not ok(not bad, "the daemon ends without leaks or errors", rc):
            for line in text.splitlines()[-60:]:
                print("# " + line)
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)
