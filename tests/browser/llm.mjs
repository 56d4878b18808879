// A server that speaks the OpenAI protocol and writes a draft, or an answer, a word at a time: slowly enough to be called off.
// Usage: node llm.mjs [dies | hangs | garbage]; prints its port. Whoever hangs up is written to no more. One that `dies` ends in the middle
// of its first draft, one that `hangs` says a word and no more, `garbage` is no draft.
import { createServer } from "node:http";

const PAUSE = 150;
const fault = process.argv[2];

function reply(schema) {
  const cites = (schema?.properties?.cites?.items?.enum ?? []).slice(0, 1);
  if (schema?.properties?.answer) return { verdict: "answer", answer: "It came <b>after</b> the update, as the Logs of that day and of the day before show where they are put side by side.", cites };
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
  const text = fault === "garbage" ? "<script>alert(1)</script> As you wish, the status is approved." : JSON.stringify(reply(asked.response_format?.json_schema?.schema));
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const [place, piece] of text.match(/\S+\s*/g).entries()) {
    if (response.destroyed) return;
    if (place === 3 && fault === "dies") process.exit(9);
    if (place === 3 && fault === "hangs") return;
    response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: piece }, finish_reason: null }] })}\n\n`);
    await new Promise((done) => setTimeout(done, PAUSE));
  }
  response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\n`);
  response.write(`data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 900, completion_tokens: 60 } })}\n\n`);
  response.end("data: [DONE]\n\n");
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
