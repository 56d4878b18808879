"""Messages by graypy: `gelf.py URL BRANCH KEY TCP-PORT UDP-PORT`; a port of 0 is left out."""

import logging
import random
import string
import sys
import time
import urllib.parse

import graypy

url, branch, key, tcp, udp = sys.argv[1:]
place = urllib.parse.urlparse(url)


class Handler(graypy.GELFHTTPHandler):
    """graypy's own, with a key."""

    def emit(self, record):
        import http.client

        connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        connection.request("POST", self.path, self.makePickle(record), self.headers | {"Authorization": f"Bearer {key}"})
        assert connection.getresponse().status == 202


handlers = [("http", Handler(place.hostname, place.port)), ("plain", Handler(place.hostname, place.port, compress=False))]
if tcp != "0":
    handlers.append(("tcp", graypy.GELFTCPHandler("127.0.0.1", int(tcp))))
if udp != "0":
    handlers.append(("udp", graypy.GELFUDPHandler("127.0.0.1", int(udp))))
    handlers.append(("chunks", graypy.GELFUDPHandler("127.0.0.1", int(udp), gelf_chunker=graypy.handler.BaseGELFChunker(400), compress=False)))
logging.raiseExceptions = True
for name, handler in handlers:
    logger = logging.getLogger(f"bars.{name}")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    noise = "".join(random.Random(name).choices(string.ascii_letters, k=3000))
    for n in range(20):
        logger.info("session %d by %s is open %s", n, name, noise)
        # The system keeps few datagrams for a reader that is busy.
        time.sleep(0.005)
    logger.error("register by %s is closed: Київ", name)
    handler.close()
