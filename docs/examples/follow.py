import asyncio
import json
import random
import sys

import websockets


def merge(target, patch):  # RFC 7396
    if not isinstance(patch, dict):
        return patch
    result = target if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), value)
    return result


class Follower:
    def __init__(self, topic, changed):
        self.topic, self.changed = topic, changed
        self.state = self.revision = self.instance = None  # kept over lost connections
        self.id = self.failures = 0

    async def say(self, socket, **message):
        await socket.send(json.dumps(message))

    async def subscribe(self, socket):
        since = {}
        if self.revision is not None:
            since = {"since": {"instance": self.instance, "revision": self.revision}}
        self.id += 1
        await self.say(socket, op="subscribe", id=self.id, topic=self.topic, **since)

    async def start_anew(self, socket):
        await self.say(socket, op="unsubscribe", id=self.id)
        self.revision = None
        await self.subscribe(socket)

    async def apply(self, socket, message):
        part, parts = message.get("part", 1), message.get("parts", 1)
        if message["op"] == "snapshot":
            if part == 1:
                self.state = self.revision = None  # whole again after the last part
            self.state = merge(self.state, message["data"])
        elif message["since"] != self.revision:
            return await self.start_anew(socket)
        else:
            self.state = merge(self.state, message["patch"])
        if part < parts:
            return
        self.revision = message["revision"]
        if message.get("count", len(self.state)) != len(self.state):
            return await self.start_anew(socket)
        self.changed(self.state, self.revision)

    async def listen(self, socket):
        patience_s = 15  # an empty delta comes every 5 s
        while True:
            message = json.loads(await asyncio.wait_for(socket.recv(), patience_s))
            if message["op"] == "hello":
                if message["instance"] != self.instance:
                    self.instance, self.revision = message["instance"], None
                await self.subscribe(socket)
            elif message["op"] == "subscribed":
                patience_s = max(patience_s, 3 * message["interval_ms"] / 1000)
                self.failures = 0
            elif message["op"] in ("snapshot", "delta"):
                await self.apply(socket, message)
            elif message["op"] == "error":
                print(f"{message['code']}: {message['message']}", file=sys.stderr)

    async def follow(self, address):
        url = f"ws://{address}/api/v1/stream"
        while True:
            try:
                async with websockets.connect(url, subprotocols=["ifpulse.v1"], close_timeout=1) as socket:
                    await self.listen(socket)
            except websockets.ConnectionClosed as end:
                if end.code == 1009 or 4400 <= end.code < 4500:
                    sys.exit(f"closed with {end.code} {end.reason}")
            except (OSError, asyncio.TimeoutError, websockets.InvalidHandshake):
                pass
            await asyncio.sleep(random.random() * min(30, 0.5 * 2**self.failures))
            self.failures += 1


if __name__ == "__main__":
    address, topic = (sys.argv[1:] + ["127.0.0.1:8750", "totals"][len(sys.argv) - 1 :])[:2]
    show = lambda state, revision: print(json.dumps({"revision": revision, "state": state}), flush=True)
    asyncio.run(Follower(topic, show).follow(address))
