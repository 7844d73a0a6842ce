# SPDX-License-Identifier: Apache-2.0
#
# Runs the demo's phases: idle twice, loaded, loaded with rekeys, then idle and loaded in on-demand mode for contrast;
# captures the wire and the inner side, shows a live table meanwhile, and hands what it measured to demo_report.py. Needs
# the binaries, root, and what scripts/setup installs.
import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, "scripts"), os.path.join(ROOT, "share", "levelgate")]
import demo_credentials  # noqa: E402
import demo_gateways  # noqa: E402
import demo_rekeys  # noqa: E402
import demo_traffic  # noqa: E402
from tfc import namespaces  # noqa: E402

NOT_POSSIBLE = 77
CAPTURE_DELAY = 1.3  # seconds: tcpdump gets a block of packets when it is full, or after one second
# seconds; the rekeys take what they take
FULL = {"fixed": [("idle 1", 8), ("idle 2", 8), ("loaded", 26), ("rekeys", None)], "on-demand": [("idle", 4), ("loaded", 14)]}
QUICK = {"fixed": [("idle 1", 2), ("idle 2", 2), ("loaded", 7), ("rekeys", None)], "on-demand": [("idle", 1), ("loaded", 5)]}
UP_PATIENCE = 30.0


def say(text):
    print(text, flush=True)


class LiveTable:
    """One table, painted over itself on a terminal; rows below each other elsewhere."""

    def __init__(self, gateways, every=1.0):
        self.gateways, self.every = gateways, every
        self.next, self.begin, self.painted, self.titled = 0.0, time.monotonic(), 0, False

    def tick(self, phase):
        now = time.monotonic()
        if now < self.next:
            return
        self.next = now + self.every
        lines = []
        for gateway in self.gateways:
            text = gateway.show("tunnels", "table") or "TUNNEL\n(no answer)\n"
            title, *rows = text.rstrip("\n").split("\n")
            name = demo_gateways.SPACE[gateway.site]
            lines += ([f"{'':11}GATEWAY  {title}"] if not lines else []) + [f"{'':11}{name:7}  {row}" for row in rows[:1]]
        head = f"{now - self.begin:5.0f} s  {phase}"
        if sys.stdout.isatty():
            width = shutil.get_terminal_size().columns
            print(f"\x1b[{self.painted}F\x1b[J" if self.painted else "", end="")
            for line in [head, *lines]:
                print(line[:width])
            self.painted = len(lines) + 1
        else:
            if not self.titled:
                say(lines[0])
            self.titled = True
            for line in lines[1:]:
                say(f"{now - self.begin:5.0f} s    {line[11:]}  {phase}")
        sys.stdout.flush()

    def leave(self):
        self.painted = 0


class Demo:
    def __init__(self, options, lab, folder):
        self.options, self.lab, self.folder = options, lab, folder
        self.gateways = [demo_gateways.Gateway(lab, options.bin, folder, site) for site in (1, 2)]
        self.traffic = demo_traffic.Traffic(lab)
        self.table = LiveTable(self.gateways)
        self.run_record = {"packet_size": options.packet_size, "rate_bits_per_second": options.rate * 1_000_000,
                           "quick": options.quick, "machine": namespaces.machine(), "modes": {}}

    def run(self):
        demo_credentials.make(self.folder)
        self.traffic.listen()
        for mode, phases in (QUICK if self.options.quick else FULL).items():
            self.run_record["modes"][mode] = self.run_mode(mode, phases)
        path = os.path.join(self.folder, "run.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.run_record, file, indent=1)
        return path

    def run_mode(self, mode, phases):
        record = {"phases": [], "ike": self.start_gateways(mode)}
        with self.captures(mode) as files:
            record["captures"] = files
            record["tunnels_before"] = self.counters()
            for name, seconds in phases:
                record["phases"].append(self.run_phase(mode, name, seconds))
        record["capture_lost"] = self.capture_lost(mode)
        record["tunnels"] = self.counters()
        record["drops"] = [(gateway.show("drops") or {}).get("drops", {}) for gateway in self.gateways]
        record["memory_mib"] = [gateway.memory_mib() for gateway in self.gateways]
        self.table.leave()
        for gateway in self.gateways:
            code = gateway.stop()
            if code != 0:
                raise namespaces.LabError(f"levelgated ended with {code}:\n{gateway.log_tail()}")
        return record

    def counters(self):
        return [gateway.counters() for gateway in self.gateways]

    def start_gateways(self, mode):
        """Both gateways, and what they agreed on."""
        size = f"packet-size: {self.options.packet_size}B"
        tfs = f"{{ mode: fixed, rate: {self.options.rate} Mbit/s, {size} }}" if mode == "fixed" else f"{{ mode: {mode}, {size} }}"
        say(f"demo: {mode} mode: two gateways start, IKE makes their keys, then both hosts must reach each other")
        listeners = self.listen_for_ike(mode)
        for gateway in reversed(self.gateways):
            always = gateway.site == 1 or self.options.both_start
            gateway.start(mode, tfs, "always" if always else "respond", self.options.memory)
            self.await_up([gateway], lambda at=gateway: at.show("tunnels"), "levelgated does not answer")
        self.await_up(self.gateways, lambda: all(g.ike_sa() for g in self.gateways), "no Child SA is up")
        self.await_up(self.gateways, self.traffic.answers, "no ping came through")
        time.sleep(CAPTURE_DELAY)
        for listener in listeners.values():
            self.lab.stop(listener, signal.SIGINT)
        for line in self.gateways[0].show("ike", "table").rstrip("\n").split("\n"):
            say(f"{'':11}{line}")
        return {"captures": list(listeners), "sas": [gateway.ike_sa() for gateway in self.gateways]}

    def listen_for_ike(self, mode):
        """What A sends, as B sees it, and the other way round: a packet socket's own sending is not seen beside it."""
        found = {}
        for sender, space in (("a", "gwb"), ("b", "gwa")):
            path = os.path.join(self.folder, f"ike-{mode}-{sender}.pcap")
            found[path] = self.tcpdump(mode, f"ike-{sender}", space, path, ["-Q", "in"], "udp port 500 or udp port 4500", 96)
            self.await_capture(path)
        return found

    def await_up(self, gateways, condition, complaint):
        def up():
            for gateway in gateways:
                if not gateway.alive():
                    raise namespaces.LabError(f"levelgated did not stay:\n{gateway.log_tail()}")
            return condition()

        if not namespaces.wait_until(up, UP_PATIENCE, 0.1):
            told = "".join(gateway.command("explain", demo_gateways.TUNNEL).stdout + gateway.log_tail() for gateway in gateways)
            raise namespaces.LabError(f"{complaint} within {UP_PATIENCE:g} s:\n{told}")

    @contextlib.contextmanager
    def captures(self, mode):
        """tcpdump on the wire, outer packets from A to B only, and beside host A."""
        wire = os.path.join(self.folder, f"wire-{mode}.pcap")
        inner = os.path.join(self.folder, f"inner-{mode}.pcap")
        children = [self.tcpdump(mode, "wire", "gwb", wire, ["-Q", "in"], "ip proto 50"),
                    self.tcpdump(mode, "inner", "hosta", inner, [], "(ip or ip6) and not ip6 multicast")]
        for path in (wire, inner):
            self.await_capture(path)
        time.sleep(0.3)
        try:
            yield {"wire": wire, "inner": inner}
            time.sleep(CAPTURE_DELAY)
        finally:
            for child in children:
                self.lab.stop(child, signal.SIGINT)

    def tcpdump(self, mode, what, space, path, words, expression, octets=64):
        interface = "eth0" if space == "hosta" else "wan"
        command = ["tcpdump", "-i", interface, "-n", "-p", "-U", "-s", str(octets), "-B", "16384", "-Z", "root",
                   "--time-stamp-precision=nano", "-w", path, *words, expression]
        with open(self.capture_log(mode, what), "w", encoding="utf-8") as file:
            return self.lab.start(space, command, stdout=file, stderr=file)

    def await_capture(self, path):
        if not namespaces.wait_until(lambda: os.path.exists(path) and os.path.getsize(path) >= 24, 5):
            raise namespaces.LabError(f"tcpdump does not write {path}")

    def capture_log(self, mode, what):
        return os.path.join(self.folder, f"tcpdump-{mode}-{what}.log")

    def capture_lost(self, mode):
        """Packets of the wire that the kernel could not give to tcpdump in time."""
        with open(self.capture_log(mode, "wire"), encoding="utf-8") as file:
            found = re.search(r"(\d+) packets? dropped by kernel", file.read())
        return int(found[1]) if found else None

    def run_phase(self, mode, name, seconds):
        begin = time.time_ns()
        phase = {"name": name, "begin_ns": begin, "loaded": name in ("loaded", "rekeys")}
        tick = lambda: self.table.tick(f"{mode}, {name}")  # noqa: E731
        if name == "loaded":
            phase["traffic"] = self.traffic.run(seconds, every_tick=tick)
        elif name == "rekeys":
            rate = self.run_record["rate_bits_per_second"]
            phase |= demo_rekeys.run(self.lab, self.gateways, rate, self.options.rekeys, tick)
        else:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                tick()
                time.sleep(0.05)
        phase["end_ns"] = time.time_ns()
        phase["tunnels"] = self.counters()
        return phase


def read_options():
    parser = argparse.ArgumentParser(prog="scripts/demo", description="two IP-TFS gateways in namespaces, real traffic, a report")
    parser.add_argument("--quick", action="store_true", help="shorter phases, for tests")
    parser.add_argument("--rekeys", type=int, default=1, metavar="N", help="Child SA rekeys under load (default: %(default)s)")
    parser.add_argument("--both-start", action="store_true", help="both gateways begin; otherwise B waits for A")
    parser.add_argument("--bin", default=os.path.join(ROOT, "build/release/bin"), metavar="DIR", help="where the binaries are")
    parser.add_argument("--out", default="demo-report.html", metavar="FILE", help="the report (default: %(default)s)")
    parser.add_argument("--keep", metavar="DIR", help="copy captures and logs there")
    parser.add_argument("--rate", type=int, default=20, metavar="MBIT", help="of each direction (default: %(default)s)")
    parser.add_argument("--packet-size", type=int, default=1400, metavar="OCTETS", help="outer packet (default: %(default)s)")
    parser.add_argument("--memory", default="none", metavar="SIZE", help='dataplane.memory (default: "%(default)s", no huge pages)')
    options = parser.parse_args()
    if options.rekeys < 1:
        parser.error("--rekeys: at least one")
    if not os.path.isdir(os.path.dirname(os.path.abspath(options.out))):
        parser.error(f"--out: there is no folder for {options.out}")
    if not os.access(os.path.join(options.bin, "levelgated"), os.X_OK):
        parser.error(f"--bin: there is no levelgated in {options.bin}: run scripts/build, or leave --bin out")
    return options


def stop_on_signals():
    """The first one ends the demo; more of them change nothing while it cleans up."""
    def interrupted(*_):
        for number in namespaces.ENDING_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in namespaces.ENDING_SIGNALS:
        signal.signal(number, interrupted)


def report(options, record):
    say("demo: reads its captures and writes the report")
    words = [sys.executable, "-B", os.path.join(ROOT, "scripts/demo_report.py"), record, options.out]
    return subprocess.run(words, check=False, start_new_session=True).returncode


def remove_folder(options, folder):
    with namespaces.shielded():
        if options.keep:
            hidden = shutil.ignore_patterns("*.key", "*.sock")
            shutil.copytree(folder, options.keep, dirs_exist_ok=True, ignore=hidden)
        shutil.rmtree(folder, ignore_errors=True)


def run_in(options, folder):
    try:
        with namespaces.Lab() as lab:
            record = Demo(options, lab.build(), folder).run()
        return report(options, record)
    except namespaces.LabError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    finally:
        remove_folder(options, folder)


def main():
    options = read_options()
    stop_on_signals()
    try:
        why = namespaces.why_not()
        if why:
            print(f"demo: {why}", file=sys.stderr)
            return NOT_POSSIBLE
        namespaces.remove_leftovers()
        return run_in(options, namespaces.make_folder())
    except KeyboardInterrupt:
        print("\ndemo: interrupted; everything is removed", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
