"""Entry point of ``seqrec``, which must answer even where the extra is missing."""

import sys

__all__ = ["main"]

_EXTRA = ("rich", "typer")


def main(args=None):
    """Run the command line and leave with its exit code.

    The codes: 0 all went well, 1 a mistake in what was given (one paragraph on stderr
    says which), 2 a command or option that does not exist.

    Parameters
    ----------
    args : list of str or None, default=None
        Words after the program's name; None takes those of the process.

    Raises
    ------
    SystemExit
        Always, with the exit code.
    """
    try:
        from seqrec.cli._app import build_app
    except ModuleNotFoundError as exc:
        if str(exc.name).partition(".")[0] not in _EXTRA:
            raise
        sys.stderr.write(
            f"Error: the command line needs {exc.name}, which is not installed. "
            f'Install it: pip install "seqrec[cli,plot]"\n'
        )
        raise SystemExit(1) from None
    build_app()(args=args, prog_name="seqrec")
