# SPDX-License-Identifier: Apache-2.0
#
# The demo's load: ping in both IP versions all the time, TCP and UDP by iperf3 in bursts with silence between, both
# ways. Reports what came through; judges nothing.
import json
import re
import subprocess
import time

TCP_PORT, UDP_PORT = 5201, 5202
ADDRESS = {"hosta": "10.1.0.2", "hostb": "10.2.0.2"}
ADDRESS6 = {"hosta": "fd01::2", "hostb": "fd02::2"}
OTHER = {"hosta": "hostb", "hostb": "hosta"}

# (sender, kind, first and last moment as a share of the phase); bursts of one sender do not overlap.
BURSTS = [("hosta", "tcp", 0.04, 0.16), ("hostb", "tcp", 0.22, 0.34), ("hosta", "udp", 0.38, 0.44),
          ("hostb", "udp", 0.46, 0.52), ("hosta", "tcp", 0.56, 0.62), ("hostb", "tcp", 0.58, 0.68),
          ("hosta", "udp", 0.72, 0.78), ("hosta", "tcp", 0.82, 0.92)]


class Traffic:
    def __init__(self, lab):
        self.lab = lab

    def listen(self):
        """iperf3 servers on both hosts; they live as long as the lab."""
        for host in ADDRESS:
            for port in (TCP_PORT, UDP_PORT):
                self.lab.start(host, ["iperf3", "-s", "-p", str(port)], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)

    def answers(self):
        """Whether both hosts reach each other by now, in both IP versions."""
        return all(self._ping_once(address) for address in (ADDRESS["hostb"], ADDRESS6["hostb"]))

    def _ping_once(self, address):
        words = ["ip", "netns", "exec", self.lab.space("hosta"), "ping", "-n", "-q", "-c", "1", "-W", "1", address]
        return subprocess.run(words, check=False, capture_output=True).returncode == 0

    def run(self, seconds, udp_rate="12M", every_tick=None):
        """The whole load, about that long; every_tick() is called a few times a second."""
        begin, pending, running = time.monotonic(), list(BURSTS), []
        pings = [self._ping(ADDRESS["hostb"], seconds), self._ping(ADDRESS6["hostb"], seconds)]
        while True:
            at = (time.monotonic() - begin) / seconds
            while pending and pending[0][2] <= at:
                running.append(self._burst(*pending.pop(0), seconds, udp_rate))
            if at >= 1:
                break
            if every_tick:
                every_tick()
            time.sleep(0.05)
        return self._results(pings, running)

    def _ping(self, address, seconds):
        count = max(int(seconds * 10), 5)
        words = ["ping", "-n", "-q", "-i", "0.1", "-c", str(count), "-w", str(int(seconds) + 1), address]
        return self.lab.start("hosta", words, stdout=subprocess.PIPE, text=True)

    def _burst(self, sender, kind, first, last, seconds, udp_rate):
        length = max(round((last - first) * seconds), 1)  # iperf3 takes whole seconds
        words = ["iperf3", "-J", "-c", ADDRESS[OTHER[sender]], "-t", str(length)]
        words += ["-p", str(UDP_PORT), "-u", "-b", udp_rate, "-l", "1200"] if kind == "udp" else ["-p", str(TCP_PORT)]
        child = self.lab.start(sender, words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return sender, kind, child

    def _results(self, pings, bursts):
        out = {"ping4": self._ping_result(pings[0]), "ping6": self._ping_result(pings[1]), "bursts": []}
        for sender, kind, child in bursts:
            text = self._finish(child)
            try:
                end = json.loads(text)["end"]
            except (ValueError, KeyError):
                out["bursts"].append({"from": sender, "kind": kind, "failed": True})
                continue
            total = end.get("sum") or end.get("sum_received") or {}
            received = end.get("sum_received") or total
            burst = {"from": sender, "kind": kind, "bits_per_second": received.get("bits_per_second", 0.0)}
            if kind == "udp":
                burst |= {"packets": total.get("packets", 0), "lost": total.get("lost_packets", 0)}
            out["bursts"].append(burst)
        return out

    def _finish(self, child):
        try:
            text, _ = child.communicate(timeout=8)
        except subprocess.TimeoutExpired:
            text = ""
        self.lab.stop(child)
        return text or ""

    def _ping_result(self, child):
        text = self._finish(child)
        counts = re.search(r"(\d+) packets transmitted, (\d+) received", text)
        times = re.search(r"= ([\d.]+)/([\d.]+)/([\d.]+)/", text)
        result = {"sent": int(counts[1]) if counts else 0, "received": int(counts[2]) if counts else 0}
        if times:
            result |= {"min_ms": float(times[1]), "avg_ms": float(times[2]), "max_ms": float(times[3])}
        return result
