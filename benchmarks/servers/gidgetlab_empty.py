"""gidgetlab's own webhook server (aiohttp) with an empty handler; runs in an environment of its own.

https://gidgetlab.readthedocs.io/en/latest/aiohttp.html
"""

import argparse

from gidgetlab.aiohttp import GitLabBot

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--secret", required=True)
given = parser.parse_args()
bot = GitLabBot("bench", secret=given.secret, access_token="unused", wait_consistency=False)  # noqa: S106 - never used


@bot.router.register("Issue Hook", action="close")
async def closed(event, gl, *args, **kwargs):
    """Empty: the acknowledgement is measured, not the work."""


bot.run(host="127.0.0.1", port=given.port, print=None)
