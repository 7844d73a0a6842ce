# SPDX-License-Identifier: Apache-2.0
#
# What pages of reports are made of: one HTML file with style and pictures inside, no scripts, nothing fetched from
# anywhere. Text comes in as HTML; who has text from outside escapes it.
import html
import os

STYLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page.css")


def document(title, body, footer):
    with open(STYLE, encoding="utf-8") as file:
        style = file.read()
    return (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
            f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n{body}\n"
            f"<footer>{footer} One file, no scripts, nothing fetched from anywhere.</footer>\n</main>\n</body>\n</html>\n")


def machine(facts):
    if not facts:
        return "machine not recorded"
    kind = ", virtual" if facts.get("virtual") else ""
    return html.escape(f"{facts.get('processor', '?')}, {facts.get('cores', '?')} cores{kind}, Linux {facts.get('kernel', '?')}")


def tile(title, value, beside=""):
    return f'<div class="tile"><dt>{title}</dt><dd>{value}</dd><dd class="beside">{beside}</dd></div>'


def legend(*entries):
    return '<ul class="legend">' + "".join(f'<li class="{kind}">{text}</li>' for kind, text in entries) + "</ul>"


def figure(title, svg, caption, keys=""):
    return f"<figure>\n<h3>{title}</h3>\n{keys}\n{svg}\n<figcaption>{caption}</figcaption>\n</figure>"


def section(title, explain, content):
    return f'<section>\n<h2>{title}</h2>\n<p class="explain">{explain}</p>\n{content}\n</section>'
