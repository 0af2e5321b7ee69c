"""Who is told how a run ended: people by mail and webhook, monitoring by metrics."""
