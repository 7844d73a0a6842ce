# SPDX-License-Identifier: Apache-2.0
#
# `levelgate bench tfc`: reads the options, runs the experiment, writes the page and the JSON, prints the gates. The
# program levelgate gives the paths of itself and of the daemon; people never call this.
import argparse
import json
import os
import shutil
import sys
import time
from dataclasses import dataclass

from tfc import experiments, figures, gates, namespaces, page, result
from tfc.captures import CaptureError
from tfc.charts import number
from tfc.files import write_whole
from tfc.observation import BenchError, Schedule

# As in src/cli/verbs.h.
PASSED, FAILED, USAGE, NOT_PERMITTED, WIRE_TELLS, NOT_TRUSTED = 0, 1, 2, 7, 9, 10
EXITS = {"pass": PASSED, "fail": WIRE_TELLS, "not-trusted": NOT_TRUSTED}
LEAST_PACKETS = 4000


@dataclass
class Settings:
    kind: str
    schedule: Schedule
    packets: int
    runs: int
    seed: int
    quick: bool


# packets of a run, runs of each condition
SIZES = {("virtual", False): (25_000, 5), ("virtual", True): (5_000, 2), ("real", False): (10_000, 4), ("real", True): (5_000, 2)}


def read_options(words):
    parser = argparse.ArgumentParser(prog="levelgate bench tfc", description=(
        "Tests whether the outer wire of a fixed-rate tunnel tells anything about the load inside (RFC 9347): in virtual "
        "time by default, exact and without root; with --real between two daemons in network namespaces of this machine."),
        epilog="Exit codes: 0 the wire tells nothing, 9 a gate failed, 10 the test itself is not to be trusted (a control "
               "failed), 1 it could not run, 2 usage, 7 not permitted.")
    parser.add_argument("--real", action="store_true", help="real time: needs root, takes some minutes")
    parser.add_argument("--quick", action="store_true", help="fewer loads and shorter runs")
    parser.add_argument("--packets", type=int, metavar="N", help="outer packets of each run (default: 25000; --real: 10000)")
    parser.add_argument("--runs", type=int, metavar="R", help="runs of each load (default: 5; --real: 4)")
    parser.add_argument("--slots", type=int, default=4000, metavar="N", help="packets per second (default: %(default)s)")
    parser.add_argument("--packet-size", type=int, default=1400, metavar="OCTETS", help="outer packet (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of loads and order (default: %(default)s)")
    parser.add_argument("--out", default="levelgate-tfc.html", metavar="FILE.html",
                        help="the page; the JSON goes beside it (default: %(default)s)")
    parser.add_argument("--keep", metavar="DIR", help="with --real: copy captures and logs there")
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table", help="what is printed")
    parser.add_argument("--quiet", action="store_true", help="say nothing meanwhile")
    parser.add_argument("--levelgate", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--levelgated", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    if not options.out.endswith(".html"):
        parser.error("--out: the page's name ends in .html")
    if not os.path.isdir(os.path.dirname(os.path.abspath(options.out))):
        parser.error(f"--out: there is no folder for {options.out}")
    packets, runs = SIZES["real" if options.real else "virtual", options.quick]
    options.packets, options.runs = options.packets or packets, options.runs or runs
    if options.packets < LEAST_PACKETS:
        parser.error(f"--packets: at least {LEAST_PACKETS}, or no window of 1,000 intervals tells anything")
    if options.runs < 2:
        parser.error("--runs: at least 2, so that one can be held out")
    if not 10 <= options.slots <= 1_000_000:
        parser.error("--slots: from 10 to 1000000")
    if not 200 <= options.packet_size <= 1500:
        parser.error("--packet-size: from 200 to 1500")
    return options


def run(settings, options, folder, say):
    if settings.kind == "real":
        return experiments.in_real_time(settings, (options.levelgate, options.levelgated), folder, say)
    return experiments.in_virtual_time(settings, options.levelgate, folder, say)


def main(words):
    options = read_options(words)
    begin = time.monotonic()

    def say(text):
        if not options.quiet:
            print(f"{time.monotonic() - begin:5.0f} s  {text}", file=sys.stderr, flush=True)

    if options.real:
        why = namespaces.why_not()
        if why:
            print(f"levelgate: bench tfc --real: {why}", file=sys.stderr)
            return NOT_PERMITTED
        if not os.access(options.levelgated, os.X_OK):
            print(f"levelgate: bench tfc --real: there is no {options.levelgated}", file=sys.stderr)
            return FAILED
        namespaces.remove_leftovers()
    settings = Settings("real" if options.real else "virtual", Schedule(options.packet_size, options.slots), options.packets,
                        options.runs, options.seed, options.quick)
    folder = namespaces.make_folder()
    try:
        experiment = run(settings, options, folder, say)
    except (BenchError, CaptureError, namespaces.LabError, OSError) as error:
        print(f"levelgate: bench tfc: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nlevelgate: bench tfc: interrupted; everything is removed", file=sys.stderr)
        return 130
    finally:
        with namespaces.shielded():
            if options.keep:
                shutil.copytree(folder, options.keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.key", "*.sock"))
            shutil.rmtree(folder, ignore_errors=True)
    say("statistics")
    return report(settings, options, figures.measure(experiment), time.monotonic() - begin)


def report(settings, options, found, seconds):
    all_gates = gates.gates(found)
    whole = result.as_map(settings, found, all_gates, namespaces.machine(), seconds)
    json_path = f"{options.out.removesuffix('.html')}.json"
    write_whole(json_path, json.dumps(whole, indent=1) + "\n")
    write_whole(options.out, page.page(whole, found, all_gates))
    if options.output == "json":
        print(json.dumps(whole))
    else:
        print(result.table(whole, all_gates))
        print(f"the page is {os.path.abspath(options.out)}, the figures are {os.path.abspath(json_path)}; {number(seconds, 0)} s")
    return EXITS[whole["verdict"]]
