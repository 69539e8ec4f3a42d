"""Prints the state of a topic as a line of JSON whenever it changes, and comes back by itself:
    python3 follow.py [ADDRESS:PORT [TOPIC]]      with a token, where one is needed, in IFPULSE_TOKEN
For Python 3.9 and later with the package websockets (on Debian python3-websockets)."""
import asyncio, functools, json, os, random, sys

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


async def listen(socket, query, held, changed, token):
    pieces, instance, patience_s = [], None, 15  # an empty delta comes every 5 s
    while True:
        message = json.loads(await asyncio.wait_for(socket.recv(), patience_s))
        part, parts = message.get("part", 1), message.get("parts", 1)
        if message["op"] == "hello":
            instance = message["instance"]
            if token:
                await socket.send(json.dumps({"op": "authenticate", "token": token}))
            since = {"since": {name: held[name] for name in ("instance", "revision")}} if held else {}
            await socket.send(json.dumps({"op": "subscribe", "id": 1, **query, **since}))
        elif message["op"] == "subscribed":
            patience_s = max(patience_s, 3 * message["interval_ms"] / 1000)
        elif message["op"] == "error":
            sys.exit(f"{message['code']}: {message['message']}")
        elif message["op"] in ("snapshot", "delta"):
            pieces = (pieces if part > 1 else []) + [message.get("data", message.get("patch"))]
            if part < parts:
                continue
            before = held.pop("state", None) if message["op"] == "delta" else None
            fits = message["op"] == "snapshot" or message["since"] == held.get("revision")
            state = functools.reduce(merge, pieces, before)
            if not fits or message.get("count", len(state)) != len(state):
                held.clear()  # and start anew
                raise OSError("what came does not fit")
            held.update(instance=instance, revision=message["revision"], state=state)
            changed(state, message["revision"])


async def follow(address, query, changed, token=None):
    """query: what subscribe takes, such as {"topic": "owners", "limit": 10}."""
    held, failures = {}, 0  # held: instance, revision and state, also while there is no line
    while True:
        before = held.get("revision")
        try:
            url = f"ws://{address}/api/v1/stream"
            async with websockets.connect(url, subprotocols=["ifpulse.v1"], close_timeout=1) as socket:
                await listen(socket, query, held, changed, token)
        except (OSError, asyncio.TimeoutError, websockets.WebSocketException) as error:
            why = str(error) or "nothing comes any more"
            if getattr(error, "code", 0) == 1009 or 4400 <= getattr(error, "code", 0) < 4500:
                sys.exit(why)  # we are at fault
        failures = failures + 1 if held.get("revision") == before else 0
        pause_s = random.random() * min(30, 0.5 * 2**failures)
        print(f"{why}; again in {pause_s:.1f} s", file=sys.stderr)
        await asyncio.sleep(pause_s)


if __name__ == "__main__":
    address, topic = (sys.argv[1:] + ["127.0.0.1:8750", "totals"][len(sys.argv) - 1 :])[:2]
    show = lambda state, revision: print(json.dumps({"revision": revision, "state": state}), flush=True)
    asyncio.run(follow(address, {"topic": topic}, show, os.environ.get("IFPULSE_TOKEN")))
