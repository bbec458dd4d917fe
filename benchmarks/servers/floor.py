"""The floor of durability: a hand-written group commit into SQLite, with nothing around it but the token check.

One table, one insert a delivery, `synchronous=FULL`: what the disk and this framework allow at best.
"""

from __future__ import annotations

import argparse
import hmac
import sqlite3
from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from app.intake.together import Together
from benchmarks.load import SECRET


def create_app(database: str) -> FastAPI:
    """The application over the SQLite file `database`."""
    connection = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"):
        connection.execute(statement).close()
    connection.execute("CREATE TABLE inbox (key TEXT PRIMARY KEY, body BLOB)").close()

    def insert(rows: Sequence[tuple[str, bytes]]) -> list[bool]:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT OR IGNORE INTO inbox VALUES (?, ?)", rows)
        connection.execute("COMMIT")
        return [True] * len(rows)

    together = Together(insert)
    app = FastAPI()

    @app.post("/webhooks/gitlab", status_code=202)
    async def receive(request: Request) -> JSONResponse:
        if not hmac.compare_digest(request.headers.get("x-gitlab-token", "").encode(), SECRET.encode()):
            return JSONResponse({"status": "refused"}, status_code=401)
        await together.do((request.headers["idempotency-key"], await request.body()))
        return JSONResponse({"status": "accepted"}, status_code=202)

    return app


def main() -> None:
    """Serves until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", required=True)
    given = parser.parse_args()
    uvicorn.run(create_app(given.database), host="127.0.0.1", port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
