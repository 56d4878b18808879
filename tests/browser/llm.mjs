// A server that speaks the OpenAI protocol and writes a draft, or an answer, a word at a time: slowly enough to be called off.
// Usage: node llm.mjs; prints its port. Whoever hangs up is written to no more.
import { createServer } from "node:http";

const PAUSE = 150;

function reply(schema) {
  const cites = (schema?.properties?.cites?.items?.enum ?? []).slice(0, 1);
  if (schema?.properties?.answer) return { verdict: "answer", answer: "It came <b>after</b> the update.", cites };
  return {
    verdict: "draft",
    cause: "The <b>service</b> it asks is not there any more, and the client gives up before it comes back.",
    steps: ["Look whether the service at evil.example.org runs.", "Start it again, then repeat the operation."],
    cites,
    confidence: 55,
  };
}

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  if (request.method !== "POST") return response.writeHead(200, { "content-type": "application/json" }).end('{"object":"list","data":[{"id":"slow"}]}');
  const asked = JSON.parse(body);
  const text = JSON.stringify(reply(asked.response_format?.json_schema?.schema));
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const piece of text.match(/\S+\s*/g)) {
    if (response.destroyed) return;
    response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: piece }, finish_reason: null }] })}\n\n`);
    await new Promise((done) => setTimeout(done, PAUSE));
  }
  response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\n`);
  response.write(`data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 900, completion_tokens: 60 } })}\n\n`);
  response.end("data: [DONE]\n\n");
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
