// Logs by winston-loki, in Snappy and protobuf: `loki.cjs URL BRANCH KEY`.

const winston = require("winston");
const LokiTransport = require("winston-loki");

const [url, branch, key] = process.argv.slice(2);
const faults = [];
const transport = new LokiTransport({
  host: url,
  basicAuth: `${branch}:${key}`,
  labels: { service_name: "gate" },
  json: false,
  batching: true,
  interval: 1,
  format: winston.format.printf(({ message }) => message),
  onConnectionError: (error) => faults.push(error),
});
if (transport.batcher.contentType !== "application/x-protobuf") throw new Error("it does not send protobuf");
const logger = winston.createLogger({ level: "debug", transports: [transport] });
for (let n = 0; n < 200; n++) logger.info(`session ${n} is open`);
for (let n = 0; n < 5; n++) logger.error(`register ${n} is closed: Київ`);
logger.info(
  '=> Bars at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset="UTF-8";\n' +
    'Input = {"method":"CloseSession","message_id":"L-1"}\n' +
    "<= Bars at 5/8/2016 7:17:46 AM: to 10.7.73.12\n" +
    'Output = {"status":"ERROR","error":"vault is closed","message_id":"L-1"}',
);
logger.on("finish", async () => {
  await transport.flush();
  if (faults.length > 0) throw faults[0];
  process.exit(0);
});
logger.end();
