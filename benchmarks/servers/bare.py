"""A bare FastAPI handler: the same token check, the JSON read, 202. Nothing is kept: the ceiling for this framework."""

from __future__ import annotations

import argparse
import hmac

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from benchmarks.load import SECRET

app = FastAPI()


@app.post("/webhooks/gitlab", status_code=202)
async def receive(request: Request) -> JSONResponse:
    """Acknowledges whoever knows the token."""
    if not hmac.compare_digest(request.headers.get("x-gitlab-token", "").encode(), SECRET.encode()):
        return JSONResponse({"status": "refused"}, status_code=401)
    event = await request.json()
    return JSONResponse({"status": "accepted", "event": event["object_kind"]}, status_code=202)


def main() -> None:
    """Serves until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    uvicorn.run(app, host="127.0.0.1", port=given.port, log_level="warning", timeout_graceful_shutdown=2)


if __name__ == "__main__":
    main()
