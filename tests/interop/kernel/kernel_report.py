# SPDX-License-Identifier: Apache-2.0
#
# The results of the rows against a kernel, as a section of the page that tests/interop/run writes. A row that ran is
# written anew, with its day and versions; the others keep what they had, since all of them together take long.
import datetime

import report
from kernel_rows import ROWS

SECTION = report.KERNEL + """
Written by `tests/interop/kernel/run --write docs/interop.md`. The peer is a guest whose kernel carries the packets and whose
strongSwan (`mode = iptfs`) negotiates them; levelgate runs on DPDK's packet sockets beside it. Inner packets are compared
octet for octet at the far host, in both directions, and each row looks at both ends' counters: the mode of the kernel's
SAs, its IP-TFS errors, our drops. Linux sends on demand and pads nothing, so its direction is never hidden.

In the rows named `kernel-libreswan` the guest runs libreswan in strongSwan's place, over plain ESP tunnels of the same kernel, and
RFC 8784 is tried in every combination of who has the PPK, who demands it and who initiates.

`tests/interop/kernel/README.md` says what the command needs.

On {machine}. {count}.

| Row | What | Peer | levelgate | Day | Result | Command |
|---|---|---|---|---|---|---|
"""
ROW = "| {name} | {what} | {peer} | {levelgate} | {day} | {result} | `tests/interop/kernel/run {name}` |"
RESULT = 6   # the cell of a line, between its bars


def line(result):
    reason = f": {result.reason.splitlines()[0]}" if result.reason else ""
    return ROW.format(name=result.row.name, what=result.row.what.replace("|", "\\|"), peer=result.peer or "-",
                      levelgate=report.levelgate_version(), day=datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
                      result=(result.outcome + reason).replace("|", "\\|"))


def lines_of(section):
    """What each row of the page says, by its name; a row that is no more is left out."""
    found = {text.split("|")[1].strip(): text for text in section.splitlines() if text.startswith("| kernel-")}
    return {name: text for name, text in found.items() if name in ROWS}


def count(lines):
    outcomes = [text.split(" | ")[RESULT - 1].split(":")[0] for text in lines.values()]
    told = ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in ("passed", "failed", "skipped"))
    return told + (f", {len(ROWS) - len(lines)} never run" if len(lines) < len(ROWS) else "")


def section(old, results):
    lines = {**lines_of(old), **{result.row.name: line(result) for result in results}}
    text = SECTION.format(machine=report.machine(), count=count(lines))
    return text + "".join(lines[name] + "\n" for name in ROWS if name in lines)


def write(path, results):
    report.write(path, section(report.apart(path)[1], results), report.KERNEL)
