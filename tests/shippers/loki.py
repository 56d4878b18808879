"""Logs by python-logging-loki: `loki.py URL BRANCH KEY`."""

import json
import logging
import sys

import logging_loki

url, branch, key = sys.argv[1:]
logging_loki.emitter.LokiEmitter.level_tag = "level"
handler = logging_loki.LokiHandler(url=f"{url}/loki/api/v1/push", auth=(branch, key), tags={"app": "gate"}, version="1")
logger = logging.getLogger("bars.gate")
logger.setLevel(logging.DEBUG)
logger.addHandler(handler)
# A failure to send is told on standard error only, and makes this program fail.
failures = []
handler.handleError = lambda record: failures.append(record) or logging.Handler.handleError(handler, record)

for n in range(20):
    logger.info("session %d is open", n)
for n in range(5):
    logger.error("register %d is closed: Київ", n, extra={"tags": {"office": "K01-1"}})
logger.info(
    "=> Bars at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\n"
    'Input = {"method":"CloseSession","message_id":"L-1"}\n'
    "<= Bars at 5/8/2016 7:17:46 AM: to 10.7.73.12\n"
    'Output = {"status":"ERROR","error":"vault is closed","message_id":"L-1"}'
)
logger.info(json.dumps({"request": {"method": "A"}, "response": {"status": "OK"}, "message_id": "L-2"}))
sys.exit(len(failures))
