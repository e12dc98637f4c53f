"""The `tunesmith` command. Heavy imports stay inside the commands, so that help is quick."""

from __future__ import annotations

import sys

import typer

from ui.cli import data, more, proof, runs, sides, talk

app = typer.Typer(
    name="tunesmith",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Say what a language model should learn; approve a plan with reasons; read an honest account of the result.",
)


@app.callback(invoke_without_command=True)
def start(context: typer.Context) -> None:
    """Without a command: open the page."""
    if context.invoked_subcommand is None:
        talk.ui(host="127.0.0.1", port=7860)


for function in (
    talk.ui,
    talk.chat,
    talk.understand,
    talk.demo,
    data.inspect,
    data.prepare,
    more.more,
    more.accept,
    data.plan,
    runs.train,
    runs.runs,
    runs.show,
    runs.stop,
    runs.resume,
    runs.explain,
    proof.replay,
    proof.curve,
    proof.report,
    runs.search,
    runs.evaluate,
    runs.compare,
    sides.blind,
    sides.judge,
    runs.ask,
    runs.export,
    data.doctor,
):
    app.command(function.__name__)(function)


def main() -> None:
    """Entry of the installed command."""
    try:
        app()
    except UnicodeEncodeError:
        sys.stderr.write("This terminal can't show the text. Set PYTHONUTF8=1 and try again.\n")
        sys.exit(1)
