# SPDX-License-Identifier: Apache-2.0
#
# The demo's last step: reads the run record and its captures, writes the report, prints one line of JSON.
#
#   demo_report.py RUN.json REPORT.html
#
# Exit codes: 0 fine, 1 the result is not what it should be (the line tells why), 2 the record cannot be read.
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, "scripts"), os.path.join(ROOT, "share", "levelgate")]
import demo_figures  # noqa: E402
import demo_page  # noqa: E402
import demo_verdict  # noqa: E402
from tfc import captures  # noqa: E402


def write_whole(path, text):
    """The file is there as a whole, or as it was."""
    part = f"{path}.part"
    try:
        with open(part, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.remove(part)


def main(words):
    if len(words) != 2:
        print("usage: demo_report.py RUN.json REPORT.html", file=sys.stderr)
        return 2
    try:
        with open(words[0], encoding="utf-8") as file:
            figures = demo_figures.measure(json.load(file))
    except (OSError, ValueError, KeyError, TypeError, IndexError, captures.CaptureError) as error:
        print(f"demo: the run record {words[0]} cannot be read: {error!r}", file=sys.stderr)
        return 2
    write_whole(words[1], demo_page.page(figures))
    line = demo_verdict.summary(figures, words[1])
    for failure in line["failures"]:
        print(f"demo: {failure}", file=sys.stderr)
    print(f"demo: the report is {os.path.abspath(words[1])}", file=sys.stderr)
    print(json.dumps(line), flush=True)
    return 1 if line["failures"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
