"""The command ``harness``: the only part that prints and that catches HarnessError."""

from __future__ import annotations

import gc
import io
import sys
from typing import cast

import typer

from harness.cli.output import error_lines, tell, tell_trace
from harness.cli.streams import printing_safely
from harness.errors import HarnessError

USER_ERROR = 1
INTERRUPTED = 130
USAGE: tuple[type[BaseException], ...] = typer.BadParameter.__bases__
"""What typer raises for words that make no sense; it exports only one kind of it."""


@printing_safely
def main() -> None:
    """Run a verb and exit: 0 fine, 1 a user's error, 2 usage, 3 a gate failed, 130 Ctrl-C."""
    debug = "--debug" in sys.argv
    arguments = [word for word in sys.argv[1:] if word != "--debug"]
    sys.excepthook = tell_trace
    # Python looks for cycles each 700 objects. Among a run's records there are none to find, and
    # looking took a seventh of the time of scoring 20,000 texts.
    gc.set_threshold(200_000, 10, 10)
    try:
        from harness.cli.verbs import app  # here, since Ctrl-C may come as early
        from harness.executors.executor import Interrupted

        code = app(arguments, prog_name="harness", standalone_mode=False) or 0
    except (KeyboardInterrupt, SystemExit) as ended:
        code = ended.code if isinstance(ended, SystemExit) else INTERRUPTED
    except USAGE as error:
        code = _tell_usage(cast("typer.BadParameter", error))
    except typer.Abort:  # no answer to a question
        tell("stopped: nothing was answered")
        code = USER_ERROR
    except Interrupted as error:
        tell(*error_lines(error))
        sys.exit(INTERRUPTED)
    except HarnessError as error:
        if debug:
            raise
        first, *rest = error_lines(error)
        tell(f"error: {first}" if error.where is None else first, *rest)
        code = USER_ERROR
    if code == INTERRUPTED:  # so typer, too, says that a Ctrl-C came that no verb has caught
        tell("stopped; what was committed before is kept")
    sys.exit(code)


def _tell_usage(error: typer.BadParameter) -> int:
    shown = io.StringIO()
    error.show(file=shown)
    tell(*shown.getvalue().rstrip("\n").split("\n"))
    return error.exit_code
