"""From rows that wait to rows with an outcome: a bounded pool of workers, each with retries."""

from bulkcase.sending.pool import InOrder, Pool
from bulkcase.sending.sender import Sender

__all__ = ["InOrder", "Pool", "Sender"]
