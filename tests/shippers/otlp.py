"""Log records by OpenTelemetry's exporter: `otlp.py URL BRANCH KEY`."""

import logging
import sys

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

url, branch, key = sys.argv[1:]
headers = {"Authorization": f"Bearer {key}"}
for compression in (Compression.NoCompression, Compression.Gzip, Compression.Deflate):
    provider = LoggerProvider(resource=Resource.create({"service.name": f"gate-{compression.value}", "host.name": "k01"}))
    exporter = OTLPLogExporter(endpoint=f"{url}/v1/logs", headers=headers, compression=compression)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = logging.getLogger(f"bars.{compression.value}")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(LoggingHandler(logger_provider=provider))
    for n in range(1000):
        logger.info("session %d is open", n, extra={"office": n})
    logger.error("register is closed: Київ")
    assert provider.force_flush()
    provider.shutdown()
