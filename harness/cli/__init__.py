"""The command ``harness``: the only part that prints and that catches HarnessError."""

from __future__ import annotations

import sys

from harness.cli.streams import printing_safely
from harness.errors import HarnessError

INTERRUPTED = 130


@printing_safely
def main() -> None:
    """Run a verb and exit: 0 fine, 1 a user's error, 2 usage, 130 Ctrl-C."""
    debug = "--debug" in sys.argv
    arguments = [word for word in sys.argv[1:] if word != "--debug"]
    try:
        from harness.cli.verbs import app  # here, since Ctrl-C may come as early
        from harness.executors.protocol import Interrupted

        code = app(arguments, prog_name="harness", standalone_mode=True)
    except (KeyboardInterrupt, SystemExit) as ended:
        # Typer turns a Ctrl-C that no verb has caught into an exit without a word.
        code = ended.code if isinstance(ended, SystemExit) else INTERRUPTED
        if code == INTERRUPTED:
            _say("stopped; what was committed before is kept")
    except Interrupted as error:
        _say(str(error))
        code = INTERRUPTED
    except HarnessError as error:
        if debug:
            raise
        _say(f"error: {error}" if error.where is None else str(error))
        code = 1
    sys.exit(code)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
