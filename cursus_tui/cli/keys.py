"""``cursus-tui keys``: the keys in force, generated from the registry of actions."""

from __future__ import annotations

import click


@click.command()
@click.option("--markdown", is_flag=True, help="As a Markdown table.")
def keys(markdown: bool) -> None:
    """Print every key, where it works and what it does; and where other keys are set."""
    from cursus_tui.app.key_text import keys_as_markdown, keys_as_text
    from cursus_tui.app.keymap import build_keymap, load_settings, settings_file
    from cursus_tui.text import safe

    keymap = build_keymap(load_settings())
    click.echo(keys_as_markdown(keymap) if markdown else keys_as_text(keymap))
    place = safe(str(settings_file()))
    click.echo(f"\nOther keys, by the id in brackets, and a theme:  {place}, such as", err=True)
    click.echo("keys: {step-over: N, quit: [q, ctrl+q]}\ntheme: nord", err=True)
