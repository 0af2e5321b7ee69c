"""Standard input as a test wants it."""

import io


class Stdin:
    """Brings some bytes."""

    def __init__(self, content: bytes, *, terminal: bool = False) -> None:
        self.buffer = io.BytesIO(content)
        self.terminal = terminal

    def isatty(self) -> bool:
        """Say whether a person types them."""
        return self.terminal
