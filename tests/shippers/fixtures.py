"""Bodies as shippers write them that cannot be run here, made from their protocols' definitions: `fixtures.py FOLDER`.

Needs `cramjam` (Snappy) and `opentelemetry-proto` beside the standard library. What it writes is kept in `tests/fixtures/shippers`.
"""

import gzip
import json
import pathlib
import sys

import cramjam
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

FOLDER = pathlib.Path(sys.argv[1])
MOMENT = 1_715_386_104_000_000_000
REQUEST = (
    "=> Bars at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\n"
    'Input = {"method":"CloseSession","message_id":"%s"}'
)
RESPONSE = '<= Bars at 5/8/2016 7:17:46 AM: to 10.7.73.12\nOutput = {"status":"ERROR","error":"vault is closed","message_id":"%s"}'
PLAIN = "2024-05-11 00:08:24,000 ERROR [main] bank.Register: register is closed: Київ"


def lines(name):
    return [PLAIN, REQUEST % name, RESPONSE % name]


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def entry(number, text, metadata):
    moment = b"\x08" + varint(MOMENT // 10**9 + number) + b"\x10" + varint(number)
    pairs = b"".join(field(3, field(1, name.encode()) + field(2, value.encode())) for name, value in metadata.items())
    return field(1, moment) + field(2, text.encode()) + pairs


def loki(labels, name, metadata):
    entries = b"".join(field(2, entry(number, text, metadata)) for number, text in enumerate(lines(name)))
    return bytes(cramjam.snappy.compress_raw(field(1, field(1, labels.encode()) + entries)))


def otlp(name, resource, attributes):
    request = ExportLogsServiceRequest()
    resource_logs = request.resource_logs.add()
    for key, value in resource.items():
        resource_logs.resource.attributes.add(key=key).value.string_value = value
    scope_logs = resource_logs.scope_logs.add()
    for number, text in enumerate(lines(name)):
        record = scope_logs.log_records.add(time_unix_nano=MOMENT + number, observed_time_unix_nano=MOMENT)
        record.body.string_value = text
        for key, value in attributes.items():
            record.attributes.add(key=key).value.string_value = value
    return gzip.compress(request.SerializeToString(), mtime=0)


def bulk(name):
    out = []
    for number, text in enumerate(lines(name)):
        out.append({"create": {"_index": "bars"}})
        out.append(
            {
                "@timestamp": f"2024-05-11T00:08:24.00{number}Z",
                "message": text,
                "log": {"offset": 100 * number, "flags": ["multiline"], "file": {"path": "/var/log/bars/gate.log", "inode": "1", "device_id": "2"}},
                "input": {"type": "filestream"},
                "ecs": {"version": "8.0.0"},
                "host": {"name": "k01"},
                "agent": {"type": "filebeat", "version": "8.19.0", "name": "k01"},
            }
        )
    return compressed(out)


def logstash(name):
    out = []
    for number, text in enumerate(lines(name)):
        out.append({"index": {"_id": None, "_index": "bars", "routing": None}})
        out.append(
            {
                "@timestamp": f"2024-05-11T00:08:24.00{number}Z",
                "@version": "1",
                "message": text,
                "event": {"original": text},
                "tags": ["multiline"],
                "host": {"name": "k01"},
                "log": {"file": {"path": "/var/log/bars/gate.log"}},
            }
        )
    return compressed(out)


def compressed(out):
    return gzip.compress("".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in out).encode(), mtime=0)


BODIES = {
    "alloy.bin": loki('{filename="/var/log/bars/gate.log", service_name="gate"}', "alloy", {}),
    "vector.bin": loki('{filename="/var/log/bars/gate.log",service_name="gate"}', "vector", {"host": "k01"}),
    "otel-collector.bin": otlp("collector", {"service.name": "gate"}, {"log.file.name": "gate.log"}),
    "fluent-bit.bin": otlp("fluent-bit", {}, {}),
    "filebeat.bin": bulk("filebeat"),
    "logstash.bin": logstash("logstash"),
}
for name, body in BODIES.items():
    (FOLDER / name).write_bytes(body)
