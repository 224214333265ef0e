"""``autolog demo``: small traced programs that need neither a key nor a network."""

from __future__ import annotations

import contextlib
import sys
from argparse import Namespace

from autolog._cli import output
from autolog._cli.errors import FOUND, NOTHING, USAGE, CommandError

__all__ = ["run"]


def run(arguments: Namespace) -> int:
    """Run the demo of one library, or of all that are installed."""
    import autolog

    if arguments.store:
        autolog.configure(store=arguments.store)
    try:
        from autolog import _demo

        # With --json standard output is for the JSON alone.
        with contextlib.redirect_stdout(sys.stderr) if arguments.json else contextlib.nullcontext():
            _demo.run(arguments.name)
    except ModuleNotFoundError as e:
        raise CommandError(f"the demo needs {e.name}: pip install 'autolog-genai[demo]'", code=USAGE) from e
    except ImportError as e:  # autolog.<name>.autolog() says itself what is missing
        raise CommandError(str(e), code=USAGE) from e
    except ValueError as e:  # a name that has no demo
        raise CommandError(str(e), code=USAGE) from e
    if arguments.json:
        trace_id = autolog.get_last_active_trace_id()
        trace = autolog.get_trace(trace_id) if trace_id else None
        if trace is None:
            raise CommandError("the demo left no trace in the store: see `autolog doctor`", code=NOTHING)
        output.print_json(trace.to_dict())
    return FOUND
