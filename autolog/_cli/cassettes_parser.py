"""The options of ``autolog cassettes`` and ``autolog replay-proxy``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, Final

__all__ = ["add_cassettes", "add_replay_proxy"]

_DIFF_CODES: Final = "exit codes: 0 the same, 1 different, 2 wrong usage or a file that is no cassette"
_SCAN_CODES: Final = "exit codes: 0 clean, 1 something was found, 2 wrong usage or a file that is no cassette"
_PROXY_CODES: Final = (
    "exit codes: 0 all requests were in the cassette and all of it was used, 1 not so (the command's own code, where "
    "it fails by itself), 2 wrong usage"
)


def add_cassettes(commands: Any, command: Callable[..., Any], store_option: Callable[[Any], None]) -> None:
    """Add the group; ``command`` adds one command with its help, ``store_option`` the option that names the store."""
    group = commands.add_parser(
        "cassettes", help="recorded model calls: list, show, compare, clean, make of traces",
        description="Recorded model calls, as tests replay them.",
    )  # fmt: skip
    cassettes = group.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=type(group))

    listing = command(
        cassettes, "list", "list cassettes with their calls, models, tokens and age", "cassettes_list",
        "autolog cassettes list", "autolog cassettes list tests/cassettes --json",
    )  # fmt: skip
    _paths(listing)
    _json(listing)

    show = command(
        cassettes, "show", "show what was said in a cassette", "cassettes_show",
        "autolog cassettes show tests/cassettes/test_agent/test_weather.yaml",
        "autolog cassettes show weather.yaml 3",
    )  # fmt: skip
    show.add_argument("file", help="the cassette")
    show.add_argument("number", nargs="?", type=int, help="one interaction, counted from 1")
    show.add_argument("--all", action="store_true", help="repeat the history that a call shares with the one before")
    _json(show)

    diff = command(
        cassettes, "diff", "show what changed from one recording to another", "cassettes_diff",
        "autolog cassettes diff before.yaml after.yaml",
        "git show HEAD:agent.yaml > before.yaml; autolog cassettes diff before.yaml agent.yaml",
    )  # fmt: skip
    diff.add_argument("old", help="the recording before")
    diff.add_argument("new", help="the recording after")
    _json(diff)
    _codes(diff, _DIFF_CODES)

    scan = command(
        cassettes, "scan", "look for keys, cookies and account names in cassettes", "cassettes_scan",
        "autolog cassettes scan", "autolog cassettes scan tests/cassettes --json",
    )  # fmt: skip
    _paths(scan)
    _json(scan)
    _codes(scan, _SCAN_CODES)

    prune = command(
        cassettes, "prune", "drop interactions that no test replays, copies, and blobs that are left over", "cassettes_prune",
        "pytest --llm-unused=ignore --llm-report-file=report.json; autolog cassettes prune --llm-report report.json",
        "autolog cassettes prune tests/cassettes --dry-run",
    )  # fmt: skip
    _paths(prune)
    prune.add_argument(
        "--llm-report", metavar="FILE", help="what `pytest --llm-report-file FILE` wrote of a run of all tests"
    )
    prune.add_argument("--dry-run", action="store_true", help="change nothing, only say what would be dropped")
    _json(prune)

    stats = command(
        cassettes, "stats", "count calls, tokens and cost of cassettes", "cassettes_stats",
        "autolog cassettes stats --by path",
    )  # fmt: skip
    _paths(stats)
    stats.add_argument("--by", choices=["model", "path", "host"], default="model", help="default: model")
    _json(stats)

    migrate = command(
        cassettes, "migrate", "write cassettes of vcrpy, pytest-recording and others in this format",
        "cassettes_migrate",
        "autolog cassettes migrate tests/cassettes",
        "autolog cassettes migrate tests/cassettes --out tests/llm_cassettes --dry-run",
    )  # fmt: skip
    _paths(migrate)
    migrate.add_argument("--out", metavar="FOLDER", help="write there and leave the files as they are")
    migrate.add_argument("--dry-run", action="store_true", help="change nothing, only say what would be written")
    _json(migrate)

    made = command(
        cassettes, "from-trace", "make a cassette, and a test that replays it, of a stored trace",
        "cassettes_from_trace",
        "autolog cassettes from-trace @last -o weather.yaml",
        "autolog cassettes from-trace 0af76519 --test tests/test_refund.py --call shop.agent:answer",
    )  # fmt: skip
    made.add_argument("id", help="trace id, the beginning of one, @last or @-2")
    made.add_argument("-o", "--output", metavar="FILE", help="the cassette (default: cassettes/NAME.yaml)")
    made.add_argument(
        "--test", metavar="FILE", nargs="?", const="", help="write a test too (default: tests/test_NAME.py)"
    )
    made.add_argument(
        "--call", metavar="MODULE:FUNCTION",
        help="what the test calls, with the inputs of the trace's root (default: it sends the recorded requests again)",
    )  # fmt: skip
    made.add_argument("--partial", action="store_true", help="leave out calls that the trace does not hold whole")
    made.add_argument(
        "--stand-in-vectors", action="store_true", help="make up the vectors of embeddings that were not kept"
    )
    made.add_argument("--force", action="store_true", help="replace files that exist")
    _json(made)
    store_option(made)


def add_replay_proxy(commands: Any, command: Callable[..., Any]) -> None:
    """Add the proxy."""
    proxy = command(
        commands, "replay-proxy", "answer any program's model calls from a cassette, over OPENAI_BASE_URL",
        "replay_proxy",
        "autolog replay-proxy agent.yaml -- node agent.js",
        "autolog replay-proxy agent.yaml --port 8080",
        "autolog replay-proxy agent.yaml --record --upstream https://api.openai.com/v1 -- ./agent",
    )  # fmt: skip
    proxy.add_argument("cassette", help="the cassette")
    proxy.add_argument("--port", type=_port, default=0, help="on 127.0.0.1 (default: a free one)")
    proxy.add_argument("--record", action="store_true", help="pass on what the cassette does not have, and add it")
    proxy.add_argument("--upstream", metavar="URL", help="where to, as https://api.openai.com/v1 (with --record)")
    proxy.add_argument("--ignore", metavar="PATH", action="append", default=[],
                       help="a place in request bodies that does not count, as metadata.run (may be repeated)")  # fmt: skip
    proxy.add_argument("--repeats", action="store_true", help="give the last answer again to a request that repeats")
    proxy.add_argument("--timing", type=_factor, default=0.0, metavar="N",
                       help="wait N times as long as was recorded before each event (default 0: not at all)")  # fmt: skip
    proxy.add_argument("--unused", choices=["error", "warn", "ignore"], default="error",
                       help="what it means that something of the cassette was not asked for (default: error)")  # fmt: skip
    proxy.add_argument("--json", action="store_true", help="print the address as JSON")
    proxy.usage = "autolog replay-proxy CASSETTE [options] [-- COMMAND ...]"
    _program_behind(proxy)
    _codes(proxy, _PROXY_CODES)


def _program_behind(parser: Any) -> None:
    """Take what follows ``--`` as ``program``: argparse would look for our own options in it."""
    parse = parser.parse_known_args

    def parse_known_args(args: Sequence[str] | None = None, namespace: Any = None) -> Any:
        words = list(args or ())
        at = words.index("--") if "--" in words else len(words)
        found, rest = parse(words[:at], namespace)
        found.program = words[at + 1 :]
        return found, rest

    parser.parse_known_args = parse_known_args


def _paths(parser: Any) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (default: this folder)")


def _json(parser: Any) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _codes(parser: Any, codes: str) -> None:
    parser.epilog = f"{(parser.epilog or '').rpartition('exit codes:')[0]}{codes}"


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to 65535")
    return int(text)


def _factor(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = -1.0
    if not 0 <= factor < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no factor: 1 waits as recorded, 0.5 half of it, 0 not at all")
    return factor
