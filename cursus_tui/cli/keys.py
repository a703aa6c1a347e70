"""``cursus-tui keys``: the keys in force, generated from the registry of actions."""

from __future__ import annotations

import click


@click.command()
@click.option("--markdown", is_flag=True, help="As a Markdown table, as in the documentation.")
def keys(markdown: bool) -> None:
    """Print every key, where it works and what it does."""
    from cursus_tui.app.key_text import keys_as_markdown, keys_as_text
    from cursus_tui.app.keymap import build_keymap, load_settings

    keymap = build_keymap(load_settings())
    click.echo(keys_as_markdown(keymap) if markdown else keys_as_text(keymap))
