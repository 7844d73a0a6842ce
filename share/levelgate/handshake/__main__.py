# SPDX-License-Identifier: Apache-2.0
#
# Where the page of `levelgate bench handshake` is made; people never call this.
import argparse
import json
import os
import shutil
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from handshake import page, real  # noqa: E402
from handshake.cells import NAMES, path_text, time_text  # noqa: E402
from tfc import namespaces  # noqa: E402
from tfc.files import write_whole  # noqa: E402

FAILED = 1


def add_real(options, figures):
    say = (lambda text: None) if options.quiet else (lambda text: print(text, file=sys.stderr, flush=True))
    why = real.why_not(options.emulator, options.levelgated)
    if why:
        print(f"levelgate: bench handshake: {why}", file=sys.stderr)
        figures["real-skipped"] = why
        return
    namespaces.remove_leftovers()
    folder = namespaces.make_folder()
    try:
        figures["real-conditions"] = real.conditions()
        figures["real"] = real.measured(options, figures, folder, say)
    finally:
        with namespaces.shielded():
            shutil.rmtree(folder, ignore_errors=True)
    write_whole(options.figures, json.dumps(figures) + "\n")
    if options.output == "json":
        return
    for cell in figures["real"]:
        for key, title in (("first-inner", "first inner packet"), ("large-key", "large-key protection")):
            one = cell[key]
            ratio = "" if one["ratio-permille"] is None else f", {one['ratio-permille'] / 1000:.2f} times"
            print(f"real time beside virtual: {path_text(cell)}, {NAMES[cell['delivery']]}: {title} {time_text(one['real-median-us'])} s beside "
                  f"{time_text(one['virtual-median-us'])} s{ratio}")


def main(words):
    parser = argparse.ArgumentParser(prog="levelgate bench handshake")
    parser.add_argument("--figures", required=True, metavar="FILE.json")
    parser.add_argument("--out", required=True, metavar="FILE.html")
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--levelgate")
    parser.add_argument("--levelgated")
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args(words)
    options.emulator = os.path.join(os.path.dirname(options.levelgate or ""), "link-emulator")
    try:
        with open(options.figures, encoding="utf-8") as file:
            figures = json.load(file)
        if options.real:
            add_real(options, figures)
        write_whole(options.out, page.page(figures, namespaces.machine()))
    except (OSError, namespaces.LabError, real.RealError) as error:
        print(f"levelgate: bench handshake: {error}", file=sys.stderr)
        return FAILED
    if options.output == "table" and not options.quiet:
        print(f"the page is {os.path.abspath(options.out)}, the figures are {os.path.abspath(options.figures)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
