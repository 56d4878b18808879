// Log records by OpenTelemetry's exporter for Node, in JSON: `otlp.cjs URL BRANCH KEY`.

const { SeverityNumber } = require("@opentelemetry/api-logs");
const { OTLPLogExporter } = require("@opentelemetry/exporter-logs-otlp-http");
const { resourceFromAttributes } = require("@opentelemetry/resources");
const { BatchLogRecordProcessor, LoggerProvider } = require("@opentelemetry/sdk-logs");

const [url, , key] = process.argv.slice(2);

async function send(compression) {
  const exporter = new OTLPLogExporter({ url: `${url}/v1/logs`, headers: { Authorization: `Bearer ${key}` }, compression });
  const failed = [];
  const send = exporter.export.bind(exporter);
  exporter.export = (records, done) =>
    send(records, (result) => {
      if (result.error) failed.push(result.error);
      done(result);
    });
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ "service.name": `gate-${compression}`, "host.name": "k01" }),
    processors: [new BatchLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger("bars");
  for (let n = 0; n < 1000; n++) {
    logger.emit({ severityNumber: SeverityNumber.INFO, severityText: "INFO", body: `session ${n} is open`, attributes: { office: n } });
  }
  logger.emit({ severityNumber: SeverityNumber.ERROR, severityText: "ERROR", body: "register is closed: Київ" });
  await provider.shutdown();
  if (failed.length > 0) throw failed[0];
}

(async () => {
  for (const compression of ["none", "gzip"]) await send(compression);
})();
