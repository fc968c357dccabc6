"""The two ends of the line between machine and front process: a Unix socket pair with one message after the other.

A message is its length in four bytes and then MessagePack. When one end dies the other's `messages` end.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")

CLOGGED = 4 * 1024 * 1024  # bytes that the other end has not taken


class Link(Generic[T]):
    """`T` is what is heard here."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: Any) -> None:
        self._reader = reader
        self._writer = writer
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(heard).decode

    @classmethod
    async def over(cls, end: socket.socket, heard: Any) -> "Link[T]":
        end.setblocking(False)
        reader, writer = await asyncio.open_unix_connection(sock=end)
        return cls(reader, writer, heard)

    def send(self, message: msgspec.Struct) -> bool:
        """False when the other end is gone, or takes nothing any more: the message is dropped."""
        if self._writer.is_closing() or self._writer.transport.get_write_buffer_size() > CLOGGED:
            return False
        said = self._encode(message)
        self._writer.write(len(said).to_bytes(4, "big") + said)
        return True

    async def messages(self) -> AsyncIterator[T]:
        """Until the other end is gone."""
        try:
            while True:
                length = int.from_bytes(await self._reader.readexactly(4), "big")
                yield self._decode(await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            return

    def close(self) -> None:
        self._writer.close()
