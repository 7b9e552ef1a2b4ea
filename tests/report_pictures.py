"""Screenshots of a report in headless Chromium: light, dark, and as wide as a phone.

python3 tests/report_pictures.py REPORT.html FOLDER

Speaks the DevTools protocol itself, with the standard library alone: a window of headless Chromium is never narrower
than some 500 pixels, and only the protocol can say which colours the reader prefers. Also fails where a
page loads anything, or is wider than its window.
"""

import base64
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

SHOTS = [("light", 1200, "light"), ("dark", 1200, "dark"), ("phone", 390, "light")]
QUIET = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking " \
    "--disable-component-update --disable-sync --hide-scrollbars --remote-debugging-port=0"


class Browser:
    """One page of a Chromium, over a WebSocket."""

    def __init__(self, profile, process):
        port_file = pathlib.Path(profile, "DevToolsActivePort")
        wait_for(lambda: port_file.exists() and "\n" in port_file.read_text(), process)
        self.port = port_file.read_text().split()[0]
        url = wait_for(self.page, process)["webSocketDebuggerUrl"]
        place, path = url.removeprefix("ws://").split("/", 1)
        self.socket = socket.create_connection(("127.0.0.1", int(place.split(":")[1])), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /{path} HTTP/1.1\r\nHost: {place}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.read(1)
        self.calls = 0

    def page(self):
        listed = json.load(urllib.request.urlopen(f"http://127.0.0.1:{self.port}/json"))
        return next((t for t in listed if t["type"] == "page"), None)

    def read(self, count):
        got = b""
        while len(got) < count:
            piece = self.socket.recv(count - len(got))
            if not piece:
                raise EOFError("Chromium hung up")
            got += piece
        return got

    def message(self):
        text = b""
        while True:
            head = self.read(2)
            length = head[1] & 127
            if length > 125:
                length = struct.unpack(">H" if length == 126 else ">Q", self.read(2 if length == 126 else 8))[0]
            text += self.read(length)
            if head[0] & 0x80:
                return json.loads(text)

    def call(self, method, **params):
        self.calls += 1
        data = json.dumps({"id": self.calls, "method": method, "params": params}).encode()
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        self.socket.sendall(b"\x81" + struct.pack(">BH", 0x80 | 126, len(data)) + mask + masked)
        while (answer := self.message()).get("id") != self.calls:
            pass
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def value(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")


def wait_for(look, process):
    for _ in range(300):
        found = look()
        if found:
            return found
        if process.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit("Chromium does not answer")


def shoot(browser, url, path, width, scheme):
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    narrow = width < 600
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900, mobile=narrow,
                 deviceScaleFactor=2 if narrow else 1)
    browser.call("Page.navigate", url=url)
    time.sleep(0.3)
    while browser.value("document.readyState") != "complete":
        time.sleep(0.1)
    asked = browser.value("matchMedia('(prefers-color-scheme: dark)').matches")
    assert asked == (scheme == "dark"), "the page sees the other colours"
    wide = browser.value("document.documentElement.scrollWidth")
    assert wide <= width, f"{path}: the page is {wide} pixels wide, its window {width}"
    loaded = browser.value("performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length")
    assert loaded == 0, f"the page loads {loaded} things"
    height = browser.value("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    picture = browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
    path.write_bytes(base64.b64decode(picture["data"]))
    print(f"{path}: {width} × {height}, {scheme}")


def main():
    report, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("no Chromium on the PATH (Debian: apt-get install chromium)")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        words = [chromium, *QUIET.split(), f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            browser = Browser(profile, process)
            for name, width, scheme in SHOTS:
                shoot(browser, report.as_uri(), folder / f"report-{name}.png", width, scheme)
        finally:
            process.terminate()
            process.wait()


main()
