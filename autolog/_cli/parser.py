"""Every command and option in one place. Argparse, because it starts in a tenth of the time that typer takes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

from autolog._cli.cassettes_parser import add_cassettes, add_replay_proxy
from autolog._cli.errors import CommandError

__all__ = ["Parser", "build_parser", "joined"]

_ORDER: Final = "--order-by"
_LAYOUTS: Final = ("evaluation", "mlflow", "huggingface", "traces", "otlp")
"""Those of :mod:`autolog._export.dataset`, which `autolog --help` would only wait for."""

_CODES: Final = "exit codes: 0 found or done, 1 nothing matched, 2 wrong usage or filter, 3 store trouble"


class Parser(argparse.ArgumentParser):
    """Complains in one line, as everything here does."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong, and where the options are listed."""
        raise CommandError(f"{message} (see `{self.prog} --help`)")


def build_parser() -> Parser:
    """Give the parser of the whole command line; ``handler`` of its result names the module that runs the command."""
    parser = Parser(prog="autolog", description="Trace, find and read what a program asks of language models.")
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    _traces(commands)
    add_cassettes(commands, _command, _store_option)
    add_replay_proxy(commands, _command)
    _run(commands)
    demo = _command(
        commands, "demo", "run small traced programs without a key or a network", "demo", "autolog demo langchain"
    )
    demo.add_argument(
        "name",
        nargs="?",
        default="openai",
        help="openai (the default), langchain, llama-index, or all that are installed",
    )
    demo.add_argument("--json", action="store_true", help="print the demo's newest trace as JSON")
    _store_option(demo)
    integrations = _command(
        commands,
        "integrations",
        "what is known, installed, supported, on or off, and why not",
        "integrations",
        "autolog integrations --json",
    )
    integrations.add_argument("--json", action="store_true", help="print JSON")
    doctor = _command(
        commands, "doctor", "find out why nothing is traced", "doctor", "autolog doctor --store runs/autolog.db"
    )
    doctor.add_argument("--json", action="store_true", help="print JSON")
    _store_option(doctor)
    return parser


def joined(words: Sequence[str]) -> list[str]:
    """Give the words with ``--order-by -cost`` as one, in which argparse would see two options."""
    found: list[str] = []
    for word in words:
        if found and found[-1] == _ORDER:
            found[-1] = f"{_ORDER}={word}"
        else:
            found.append(word)
    return found


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from autolog import __version__

        sys.stdout.write(f"autolog {__version__}\n")
        parser.exit()


def _command(commands: Any, name: str, says: str, handler: str, *examples: str) -> Parser:
    shown = "\n".join(f"  {e}" for e in examples)
    title = "example" if len(examples) == 1 else "examples"
    parser: Parser = commands.add_parser(
        name,
        help=says,
        description=says[0].upper() + says[1:] + ".",
        epilog=f"{title}:\n{shown}\n\n{_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(handler=handler)
    return parser


def _traces(commands: Any) -> None:
    group: Parser = commands.add_parser("traces", help="find and read traces", description="Find and read traces.")
    traces = group.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)

    listing = _command(
        traces, "list", "list traces, the newest first", "traces_list",
        "autolog traces list --since 1h --status error",
        "autolog traces list --model gpt-4o --min-cost 0.01 --order-by -cost",
        "autolog traces list --ids --since 1d | xargs autolog traces export -o today.jsonl",
    )  # fmt: skip
    _list_options(listing)

    search = _command(
        traces, "search", "find traces by what was said", "traces_list",
        "autolog traces search refund --since 7d",
        "autolog traces search '\"order number\"' --status error --ids",
    )  # fmt: skip
    search.add_argument("text", help="words to find in inputs, outputs, messages and errors")
    _list_options(search)

    show = _command(
        traces, "show", "show a trace as a tree", "traces_show",
        "autolog traces show @last",
        "autolog traces show 0af76519 --messages",
        "autolog traces show @last --md | pbcopy",
        "autolog traces show @last @-2 --html traces.html",
    )  # fmt: skip
    show.add_argument(
        "id", nargs="*", default=["@last"], help="trace id, the beginning of one, @last (the default) or @-2"
    )
    show.add_argument("--messages", action="store_true", help="show what was said, call by call")
    show.add_argument("--span", metavar="ID", help="show all of one span: its id or the beginning of it")
    show.add_argument("--all", action="store_true", help="show all spans of a very large trace")
    form = show.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--md", action="store_true", help="print Markdown")
    form.add_argument("--html", metavar="FILE", help="write one HTML file of all the ids: a page to look into, offline")
    _store_option(show)

    stats = _command(
        traces, "stats", "count calls, errors, latencies, tokens and cost", "traces_stats",
        "autolog traces stats --by model --since 7d",
        "autolog traces stats --by tag:env --json",
    )  # fmt: skip
    stats.add_argument(
        "--by", default="model",
        help="model (the default), provider, integration, span_name, span_type, session, user, day or tag:KEY",
    )  # fmt: skip
    stats.add_argument("--since", metavar="WHEN", help="only what started since: 1h, 7d, 2026-11-01")
    stats.add_argument("--filter", metavar="CONDITION", help="only traces for which this holds")
    _form_options(stats)
    _store_option(stats)

    export = _command(
        traces, "export", "write traces to a file", "traces_export",
        "autolog traces export --since 1d --tag env=prod -o prod.jsonl",
        "autolog traces export 0af76519 --format otlp-json -o trace.json",
        "autolog traces export --filter 'feedback.helpful = true' --layout evaluation -o golden.jsonl",
    )  # fmt: skip
    export.add_argument("ids", nargs="*", metavar="ID", help="traces (default: all that the filters let through)")
    export.add_argument(
        "--format", choices=["jsonl", "otlp-json", "parquet", "csv"],
        help="default: by the file's ending, else jsonl (whole traces, which `import` reads back)",
    )  # fmt: skip
    export.add_argument(
        "--layout", choices=_LAYOUTS,
        help="an evaluation set as autolog.export() writes it, in a file that ends in .jsonl or .parquet",
    )  # fmt: skip
    export.add_argument("-o", "--output", metavar="FILE", help="where to (default: standard output)")
    export.add_argument("-n", type=_count, metavar="N", help="at most this many traces (default: all)")
    export.add_argument("--json", action="store_true", help="print what was done as JSON on standard error")
    _filter_options(export)
    _store_option(export)

    loading = _command(
        traces, "import", "read traces from a file into the store", "traces_import", "autolog traces import prod.jsonl"
    )
    loading.add_argument("file", help="what `export --format jsonl` wrote; - for standard input")
    loading.add_argument("--json", action="store_true", help="print what was done as JSON")
    _store_option(loading)

    delete = _command(
        traces, "delete", "delete traces", "traces_delete",
        "autolog traces delete 0af76519",
        "autolog traces delete --older-than 30d --yes",
    )  # fmt: skip
    delete.add_argument("ids", nargs="*", metavar="ID", help="traces: ids, beginnings of ids, @last")
    delete.add_argument("--older-than", metavar="AGE", help="all that started before: 30d, 2026-11-01")
    delete.add_argument("--filter", metavar="CONDITION", help="all for which this holds")
    delete.add_argument("-y", "--yes", action="store_true", help="do not ask")
    delete.add_argument("--dry-run", action="store_true", help="say how many it would be, and delete none")
    delete.add_argument("--json", action="store_true", help="print what was done as JSON")
    _store_option(delete)


def _run(commands: Any) -> None:
    run = _command(
        commands, "run", "run a Python program traced, as `python` would run it", "run",
        "autolog run agent.py --question 'Why?'",
        "autolog run --summary -m mypackage.agent",
    )  # fmt: skip
    run.usage = "autolog run [--summary] [--store PATH] (SCRIPT | -m MODULE | -c CODE) [ARGS...]"
    run.add_argument("-m", metavar="MODULE", help="run a module, as `python -m` does")
    run.add_argument("-c", metavar="CODE", help="run this text, as `python -c` does")
    run.add_argument("--summary", action="store_true", help="say on standard error at the end what was traced")
    _store_option(run)


def _list_options(parser: Parser) -> None:
    parser.add_argument("-n", type=_count, default=20, metavar="N", help="at most this many (default: 20)")
    _filter_options(parser)
    form = _form_options(parser)
    form.add_argument("--ids", action="store_true", help="print trace ids alone, one a line")
    _store_option(parser)


def _form_options(parser: Parser) -> Any:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--csv", action="store_true", help="print CSV")
    return form


def _filter_options(parser: Parser) -> None:
    filters = parser.add_argument_group("filters, all of which must hold")
    filters.add_argument("--since", metavar="WHEN", help="started since: 30m, 1h, 7d, 2026-11-01, 2026-11-01T08:00")
    filters.add_argument("--until", metavar="WHEN", help="started before")
    filters.add_argument("--status", type=str.lower, choices=["ok", "error", "in_progress"], help="how the trace ended")
    filters.add_argument("--model", metavar="NAME", help="a call was answered by this model, or by one that begins so")
    filters.add_argument("--session", metavar="ID", help="session id")
    filters.add_argument("--user", metavar="ID", help="user id")
    filters.add_argument(
        "--tag", metavar="KEY=VALUE", action="append", default=[], type=_tag, help="tag (may be repeated)"
    )
    filters.add_argument(
        "--min-cost", metavar="DOLLARS", type=_number("a number of dollars"), help="cost at least this"
    )
    filters.add_argument("--slow", metavar="MS", type=_number("a number of milliseconds"), help="took at least this")
    filters.add_argument(
        "--filter", metavar="CONDITION", help="as of search_traces: \"total_tokens > 1000 AND name LIKE 'a%%'\""
    )
    filters.add_argument("--order-by", metavar="COLUMNS", help="such as -cost, duration_ms; - is the highest first")


def _store_option(parser: Parser) -> None:
    parser.add_argument(
        "--store", metavar="PATH", help="the store's file (default: AUTOLOG_STORE, else autolog.db here)"
    )


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def _tag(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE, as in env=prod")
    return key, value


def _number(what: str) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not 0 <= number < float("inf"):
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
        return number

    return read
