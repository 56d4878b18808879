// An OpenAI-style server over the engine of llama.cpp, as far as the tests of the HTTP backend need one.
// node server.mjs FOLDER MODEL.gguf CONTEXT — FOLDER holds node_modules/node-llama-cpp; prints its port.
import { createRequire } from "node:module";
import http from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [folder, modelPath, size] = process.argv.slice(2);
const resolve = createRequire(path.join(path.resolve(folder), "x.js")).resolve;
const { getLlama, LlamaChatSession, LlamaLogLevel } = await import(pathToFileURL(resolve("node-llama-cpp")));
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({ contextSize: Number(size), threads: 1 });

// What llama-server answers to a prompt that is longer than its context; the engine alone would forget the beginning.
function refusal(request) {
  const n = request.messages.reduce((sum, message) => sum + model.tokenize(message.content).length, 0);
  if (n < context.contextSize) return undefined;
  const message = `request (${n} tokens) exceeds the available context size (${context.contextSize} tokens), try increasing it`;
  return { error: { code: 400, message, type: "exceed_context_size_error", n_prompt_tokens: n, n_ctx: context.contextSize } };
}

async function complete(request, signal, onText) {
  const [system, user] = request.messages;
  const sequence = context.getSequence();
  const session = new LlamaChatSession({ contextSequence: sequence, systemPrompt: system.content });
  const schema = request.response_format?.json_schema?.schema;
  try {
    const grammar = schema && (await llama.createGrammarForJsonSchema(schema));
    const options = { grammar, maxTokens: request.max_tokens, seed: request.seed % 2 ** 31, temperature: 1, signal, onTextChunk: onText };
    const { stopReason } = await session.promptWithMeta(user.content, options);
    return stopReason === "maxTokens" ? "length" : "stop";
  } finally {
    session.dispose();
    sequence.dispose();
  }
}

// One reply at a time: the context has one sequence, which a cancelled reply holds a moment longer.
let turn = Promise.resolve();
function inTurn(work) {
  const done = turn.then(work);
  turn = done.catch(() => {});
  return done;
}

const server = http.createServer(async (incoming, outgoing) => {
  const stop = new AbortController();
  outgoing.on("close", () => stop.abort());
  try {
    const request = JSON.parse(Buffer.concat(await incoming.toArray()).toString());
    const refused = refusal(request);
    if (refused) {
      outgoing.writeHead(400, { "content-type": "application/json" });
      outgoing.end(JSON.stringify(refused));
      return;
    }
    outgoing.writeHead(200, { "content-type": "text/event-stream" });
    const send = (choice) => outgoing.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, ...choice }] })}\n\n`);
    const reason = await inTurn(() => complete(request, stop.signal, (text) => send({ delta: { content: text } })));
    send({ finish_reason: reason });
    outgoing.end("data: [DONE]\n\n");
  } catch (error) {
    // A client that went away is told nothing.
    if (stop.signal.aborted) return;
    if (!outgoing.headersSent) outgoing.writeHead(500, { "content-type": "application/json" });
    outgoing.end(`data: ${JSON.stringify({ error: { message: String(error) } })}\n\n`);
  }
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
