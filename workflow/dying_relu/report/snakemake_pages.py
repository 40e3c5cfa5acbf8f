"""Tables as HTML pages, since Snakemake's own report shows no CSV."""

import pandas as pd

STYLE = """
body { font-family: sans-serif; } table { border-collapse: collapse; }
td, th { padding: .2em .6em; text-align: right; border-bottom: 1px solid #ccc; }
th { position: sticky; top: 0; background: white; vertical-align: bottom; }
th button { font: inherit; background: none; border: 0; cursor: pointer; }
th[aria-sort=ascending] button::after { content: " \\25B4"; }
th[aria-sort=descending] button::after { content: " \\25BE"; }
"""


def table_page(table: pd.DataFrame, title: str, script: str) -> str:
    """The table as a single HTML file that `script`, the text of report/table.js, makes sortable. Text is escaped."""
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    rows = table.to_html(index=False, border=0, na_rep="").replace("<th>", '<th scope="col">')
    return f"{head}<h1>{title}</h1>{rows}<script>{script}</script></html>\n"
