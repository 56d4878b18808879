"""Log records by an exporter of OpenTelemetry that nothing but its variables tells where to: `otlp_env.py FILE` with a line `NAME=VALUE` each."""

import logging
import os
import sys

for line in open(sys.argv[1], encoding="utf-8"):
    if not line.startswith("#"):
        name, _, value = line.strip().partition("=")
        os.environ[name] = value

# They are read when the exporter is made.
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

provider = LoggerProvider()
provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
logger = logging.getLogger("bars")
logger.setLevel(logging.INFO)
logger.propagate = False
logger.addHandler(LoggingHandler(logger_provider=provider))
for n in range(100):
    logger.info("session %d is open", n)
logger.error("register is closed: Київ")
assert provider.force_flush()
provider.shutdown()
