"""A chat endpoint on loopback that answers as each request scripts it, in a process of its own.

It speaks as much of OpenAI's chat completions as a caller needs. What is scripted stands where
the name of a model would: ``wait/0.1`` answers after 0.1 s, ``drip/2`` sends its answer byte
by byte for 2 s.
"""

from __future__ import annotations

import asyncio
import json
import sys

PATH = "/v1/chat/completions"
_HOST = "127.0.0.1"
_MOST_BYTES = 1 << 16


def replied(value: int) -> int:
    """Give the number that is answered to a number: nobody who did not ask says it."""
    return 3 * value + 1


def replied_to(request: bytes) -> bytes:
    """Give the whole response to the JSON of a request, head and body."""
    asked = json.loads(request)
    content = str(replied(int(asked["messages"][-1]["content"])))
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = json.dumps({"object": "chat.completion", "model": asked["model"], "choices": [choice]})
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n{body}".encode()


async def serve() -> None:
    """Answer everyone until the input ends; the first line of the output is the address."""
    server = await asyncio.start_server(_converse, _HOST, 0, limit=_MOST_BYTES)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps(f"http://{_HOST}:{port}{PATH}"), flush=True)
    async with server:
        await _until_input_ends()


async def _until_input_ends() -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            request = await _request(reader)
            pace, _, seconds = json.loads(request)["model"].partition("/")
            await _PACES[pace](writer, replied_to(request), float(seconds))
    except (asyncio.IncompleteReadError, OSError):
        return  # whoever asked has gone
    finally:
        writer.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
    (length,) = (line[15:] for line in head if line.startswith(b"content-length:"))
    return await reader.readexactly(int(length))


async def _wait(writer: asyncio.StreamWriter, response: bytes, seconds: float) -> None:
    await asyncio.sleep(seconds)
    writer.write(response)
    await writer.drain()


async def _drip(writer: asyncio.StreamWriter, response: bytes, seconds: float) -> None:
    for at in range(len(response)):
        writer.write(response[at : at + 1])
        await writer.drain()
        await asyncio.sleep(seconds / len(response))


_PACES = {"wait": _wait, "drip": _drip}

if __name__ == "__main__":
    asyncio.run(serve())
