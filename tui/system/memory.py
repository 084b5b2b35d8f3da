"""How much memory this process takes."""

from __future__ import annotations

import resource
import sys
from pathlib import Path


def in_use() -> int:
    """Resident bytes now; where the system does not tell, the most there ever were."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else 1024 * peak  # bytes there, KiB elsewhere
    return pages * resource.getpagesize()
