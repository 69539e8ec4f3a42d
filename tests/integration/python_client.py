"""A client of the stream that shares nothing with the rest of the tests: Debian's python3-websockets,
and a JSON Merge Patch (RFC 7396) of its own. Given the server's address, it follows all topics and
compares its state with REST at equal revisions, exactly: numbers of any size, and every letter.
Prints one line: how many comparisons it made, or what was wrong.
"""
import asyncio
import json
import sys
import time
import urllib.request

import websockets

TOPICS = ["interfaces", "connections", "owners", "totals", "events", "server"]
WANTED = 100
PATIENCE_S = 60


def parse(text):
    # Reals stay as they were written, so that 1.0 and 1 are two different texts.
    return json.loads(text, parse_float=lambda digits: "real " + digits)


def merge(target, patch):
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def canonical(value):
    return json.dumps(value, sort_keys=True)


class Follower:
    def __init__(self):
        self.topic_of = {}
        self.state = {topic: {} for topic in TOPICS}
        self.history = {topic: {} for topic in TOPICS}

    def take(self, message):
        if message["op"] == "subscribed":
            self.topic_of[message["stream"]] = message["topic"]
        elif message["op"] in ("snapshot", "delta"):
            topic = self.topic_of[message["stream"]]
            if message["op"] == "snapshot" and message.get("part", 1) == 1:
                self.state[topic] = {}
            patch = message["data"] if message["op"] == "snapshot" else message["patch"]
            self.state[topic] = merge(self.state[topic], patch)
            if message.get("part", 1) == message.get("parts", 1):
                self.history[topic][message["revision"]] = canonical(self.state[topic])
        elif message["op"] == "error":
            raise RuntimeError(message["message"])


async def read_rest(address, answers):
    loop = asyncio.get_running_loop()
    url = f"http://{address}/api/v1/snapshot?topics={','.join(TOPICS)}"
    while True:
        text = await loop.run_in_executor(None, lambda: urllib.request.urlopen(url, timeout=10).read().decode())
        answer = parse(text)
        answers[answer["revision"]] = {topic: canonical(answer["data"][topic]) for topic in TOPICS}
        await asyncio.sleep(0.02)


def compare(follower, answers):
    compared = 0
    for topic in TOPICS:
        for revision, text in follower.history[topic].items():
            if revision in answers:
                compared += 1
                if answers[revision][topic] != text:
                    raise RuntimeError(f"{topic} differ at revision {revision}:\n{text}\n{answers[revision][topic]}")
    return compared


async def follow(address):
    follower, answers = Follower(), {}
    reader = asyncio.create_task(read_rest(address, answers))
    async with websockets.connect(f"ws://{address}/api/v1/stream", subprotocols=["ifpulse.v1"], compression=None) as socket:
        for number, topic in enumerate(TOPICS):
            await socket.send(json.dumps({"op": "subscribe", "id": number, "topic": topic}))
        deadline = time.monotonic() + PATIENCE_S
        while compare(follower, answers) < WANTED:
            if time.monotonic() > deadline:
                raise RuntimeError(f"only {compare(follower, answers)} comparisons in {PATIENCE_S} s")
            follower.take(parse(await asyncio.wait_for(socket.recv(), 30)))
    reader.cancel()
    return compare(follower, answers)


print(asyncio.run(follow(sys.argv[1])), "comparisons, none different")
