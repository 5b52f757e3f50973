"""`contentsync completion`: the script that lets a shell complete commands and options."""

from __future__ import annotations

import click

from contentsync.cli import exits


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> int:
    """Print the completion script for SHELL.

    \b
    bash:  eval "$(contentsync completion bash)"       in ~/.bashrc
    zsh:   eval "$(contentsync completion zsh)"        in ~/.zshrc
    fish:  contentsync completion fish > ~/.config/fish/completions/contentsync.fish
    """
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    assert script is not None
    root = ctx.find_root().command
    click.echo(script(root, {}, "contentsync", "_CONTENTSYNC_COMPLETE").source())
    return exits.DONE
