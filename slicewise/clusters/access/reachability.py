"""Whether a server answers at all, asked before anything is changed."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 5.0


async def unreachable(server: str) -> str | None:
    """Return why no connection to the URL `server` can be opened, or None if one can."""
    try:
        parts = urlsplit(server)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        _, writer = await asyncio.wait_for(asyncio.open_connection(parts.hostname, port), TIMEOUT_SECONDS)
    except TimeoutError:
        return f"no answer in {TIMEOUT_SECONDS:.0f} s"
    except OSError as error:
        # asyncio puts addresses in place of the system's own words; names that do not resolve have no errno of it.
        return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror or error)
    except ValueError:
        return "not a URL"
    # It has answered; a reset while the connection closes changes nothing.
    with suppress(OSError):
        writer.close()
        await writer.wait_closed()
    return None
