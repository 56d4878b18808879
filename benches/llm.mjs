// One round of llama.cpp, through node-llama-cpp: node llm.mjs FILE THREADS, with LOGHELPER_LLAMA naming the folder of node_modules.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const [file, threads] = [process.argv[2], Number(process.argv[3])];
const engine = join(process.env.LOGHELPER_LLAMA, "node_modules/node-llama-cpp/dist/index.js");
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(engine));

const llama = await getLlama({ gpu: false, build: "never", maxThreads: threads, logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
const context = await model.createContext({ contextSize: 512, batchSize: 256, sequences: 1, threads });
const sequence = context.getSequence();
const prompt = Array.from({ length: 256 }, (_, i) => (i * 7 + 3) % 50000);

const prefills = [];
const decodes = [];
for (let round = 0; round < 4; round++) {
  await sequence.clearHistory();
  let begun = performance.now();
  let written = 0;
  // The generator reads the prompt before it gives the first token.
  for await (const _ of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
    if (written === 0) {
      prefills.push(256 / ((performance.now() - begun) / 1000));
      begun = performance.now();
    }
    if (++written === 65) break;
  }
  decodes.push(64 / ((performance.now() - begun) / 1000));
}
const middle = (figures) => figures.slice(1).sort((a, b) => a - b)[1];
const status = readFileSync("/proc/self/status", "utf8");
const resident = Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1000 * 1.024;
console.log(JSON.stringify({ prefill_tokens_per_s: middle(prefills), decode_tokens_per_s: middle(decodes), resident_mb: resident }));
process.exit(0);
