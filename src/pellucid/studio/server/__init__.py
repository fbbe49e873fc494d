"""The server of the live studio: a page on this machine alone, for whoever has its address.

Comes in: a page and a training. Goes out: answers to a browser. ``token`` is what its address
holds, ``guard`` refuses whatever does not come from the page itself, ``app`` answers, and
``serving`` opens the port and closes it with the terminal. Starlette and uvicorn are found on first
use.
"""

__all__: list[str] = []
