"""Where the program begins: what is asked for most, and by every script, is answered before anything is imported."""

import sys

from bulkcase import __version__


def main() -> None:
    """Run the command line and exit."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        sys.exit(exit_code_of(arguments))
    from bulkcase.cli.common.signals import end_by_signals, leave_by_signals  # noqa: PLC0415 - the version needs no library
    from bulkcase.garbage import collect_seldom  # noqa: PLC0415 - as above

    end_by_signals()
    collect_seldom()  # now, as imports make nothing but objects that stay
    exit_code = exit_code_of(arguments)
    # At the end Python waits for threads: who does not want to wait for them need not.
    leave_by_signals(exit_code)
    sys.exit(exit_code)


def exit_code_of(arguments: list[str]) -> int:
    """Run the command line with these arguments and return its exit code; every error is one clear line."""
    if arguments == ["--version"] and _told_version():
        return 0
    try:
        from bulkcase.cli.commands import answer  # noqa: PLC0415 - as above
    except ImportError as error:
        if sys.stderr is not None:
            sys.stderr.write(f"{broken(error)}\n")
        return 6
    return answer(arguments)


def broken(error: ImportError) -> str:
    """Return what to say where something that bulkcase needs is not there."""
    return f"error: the installation of bulkcase is broken ({error}): pip install --force-reinstall bulkcase"


def _told_version() -> bool:
    """Print the version; where that cannot be done, the whole command line knows what to say about it."""
    try:
        sys.stdout.write(f"bulkcase {__version__}\n")
        sys.stdout.flush()
    except (AttributeError, OSError):  # closed before the program began, a disk that is full, a reader that has gone
        return False
    return True


if __name__ == "__main__":
    main()
