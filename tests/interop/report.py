# SPDX-License-Identifier: Apache-2.0
#
# The matrix as a page for people: what ran, against which version, when, with which result, and the command that runs it
# again. Written from results alone: a row that was asked for is written anew, the others keep what they had, and one that could
# not run is said to have been skipped, with the reason.
import datetime
import platform
import subprocess

import daemons
import peers

HEAD = """\
# Interoperation

What levelgate was tried against, written by `tests/interop/run --write docs/interop.md`. Each row builds two gateways in
network namespaces, levelgate on DPDK's packet sockets and strongSwan with ESP in user space, and plays a story: who
initiates, what is rekeyed, what must be seen at both sides. libreswan leaves ESP to the kernel, which may have none, so
here its rows look at IKE SAs alone; those with tunnels are further below. `scripts/setup-interop` unpacks the peers.

levelgate {levelgate}, {date} at the latest, on {machine}.

{count}

| Row | What | Peer | Result | Command |
|---|---|---|---|---|
"""
KERNEL = "## Linux kernel IP-TFS\n"   # the part that tests/interop/kernel/run writes
RESULT = 3   # the cell of a line
ROW = "| {name} | {what} | {peer} | {result} | `tests/interop/run {name}` |\n"


def levelgate_version():
    done = subprocess.run([daemons.LEVELGATE, "version"], check=False, capture_output=True, text=True)
    return (done.stdout.splitlines() or ["of unknown version"])[0].removeprefix("levelgate").strip()


def machine():
    with open("/etc/os-release", encoding="utf-8") as file:
        name = dict(line.strip().split("=", 1) for line in file if "=" in line).get("PRETTY_NAME", "Linux").strip('"')
    return f"{name}, kernel {platform.release().split('-')[0]}"


def write(path, text, heading=""):
    """Puts the text where it belongs in a page of several parts: a part ends where the next heading stands."""
    before, after = apart(path)
    with open(path, "w", encoding="utf-8") as file:
        file.write(before.rstrip("\n") + "\n\n" + text if heading else text + ("\n" + after if after else ""))


def apart(path):
    """(the first part of the page, the part about kernels)."""
    try:
        with open(path, encoding="utf-8") as file:
            first, mark, rest = file.read().partition(KERNEL)
    except FileNotFoundError:
        return "", ""
    return first, mark + rest


def count(results):
    total = {outcome: sum(result.outcome == outcome for result in results) for outcome in ("passed", "failed", "skipped")}
    return ", ".join(f"{number} {outcome}" for outcome, number in total.items())


def line(result):
    reason = f": {result.reason.splitlines()[0]}" if result.reason else ""
    return ROW.format(name=result.row.name, what=result.row.what.replace("|", "\\|"), peer=peers.told(result.row),
                      result=(result.outcome + reason).replace("|", "\\|"))


def lines_of(text, names):
    """What each row of the page says, by its name; a row that is no more is left out."""
    found = {said.split("|")[1].strip(): said + "\n" for said in text.splitlines() if said.startswith("| ")}
    return {name: found[name] for name in names if name in found}


def counted(lines, names, cell):
    """Of lines as they stand on the page; `cell`: that of the result, between its bars."""
    outcomes = [said.split(" | ")[cell].split(":")[0] for said in lines.values()]
    told = ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in ("passed", "failed", "skipped"))
    return told + (f", {len(names) - len(lines)} never run" if len(lines) < len(names) else "")


def page(old, results, names):
    lines = {**lines_of(old, names), **{result.row.name: line(result) for result in results}}
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    text = HEAD.format(levelgate=levelgate_version(), date=today, machine=machine(), count=counted(lines, names, RESULT) + ".")
    return text + "".join(lines[name] for name in names if name in lines)
