// The engine off the main thread: takes questions, answers the newest, centre first.
import type { Found, Said, ScenarioSpec, Told } from "./types";

interface Exports {
  memory: WebAssembly.Memory;
  entrant_open(): number;
  entrant_alloc(length: number): number;
  entrant_run(session: number, at: number, length: number): void;
  entrant_answer(session: number): number;
  entrant_answer_length(session: number): number;
}

type Reply = { found: Found } | { solving: { done: number; of: number } } | { loaded: unknown } | { error: { message: string } };
type Ask = Extract<Told, { kind: "ask" }>;

/** Draws between two looks for a newer question. */
const CHUNK = 5;

const say = (said: Said): void => self.postMessage(said);
let send: ((request: string) => Reply) | null = null;
let newest: Ask | null = null;
let busy = false;

/** Opens the engine: text of a compressed module, and the markets. */
async function open(engine: string, model: string): Promise<void> {
  const packed = Uint8Array.from(atob(engine), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = await new Response(stream).arrayBuffer();
  const { instance } = await WebAssembly.instantiate(bytes, {});
  send = talker(instance.exports as unknown as Exports);
  const reply = send(`{"load":${model}}`);
  if ("error" in reply) throw new Error(reply.error.message);
}

function talker(engine: Exports): (request: string) => Reply {
  const session = engine.entrant_open();
  return (request) => {
    const bytes = new TextEncoder().encode(request);
    const at = engine.entrant_alloc(bytes.length);
    new Uint8Array(engine.memory.buffer, at, bytes.length).set(bytes);
    engine.entrant_run(session, at, bytes.length);
    const [from, length] = [engine.entrant_answer(session), engine.entrant_answer_length(session)];
    return JSON.parse(new TextDecoder().decode(new Uint8Array(engine.memory.buffer, from, length))) as Reply;
  };
}

/** Lets messages in that have come meanwhile. */
const breathe = (): Promise<void> =>
  new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done();
    port2.postMessage(0);
  });

async function answer(): Promise<void> {
  busy = true;
  await breathe();
  while (newest && send) {
    const ask = newest;
    try {
      await solve(ask, send);
    } catch (error) {
      say({ kind: "failed", why: String(error) });
      send = null;
    }
    if (newest === ask) newest = null;
  }
  busy = false;
}

async function solve(ask: Ask, engine: (request: string) => Reply): Promise<void> {
  const start = performance.now();
  let reply = engine(JSON.stringify({ start: { market: ask.market, scenario: ask.scenario as ScenarioSpec } }));
  if ("found" in reply) say(foundBy(ask, reply.found, start, reply.found.of === 0));
  while ("solving" in reply || ("found" in reply && reply.found.done < reply.found.of)) {
    await breathe();
    if (newest !== ask) return;
    reply = engine(`{"more":{"draws":${CHUNK}}}`);
    if ("found" in reply) say(foundBy(ask, reply.found, start, true));
  }
  if ("error" in reply) say({ kind: "refused", ask: ask.ask, why: reply.error.message });
}

function foundBy(ask: Ask, found: Found, start: number, whole: boolean): Said {
  return { kind: "found", ask: ask.ask, found, ms: performance.now() - start, whole };
}

self.onmessage = (event: MessageEvent<Told>): void => {
  const told = event.data;
  if (told.kind === "open") {
    open(told.engine, told.model).then(
      () => say({ kind: "ready" }),
      (error: unknown) => say({ kind: "failed", why: String(error) }),
    );
    return;
  }
  newest = told;
  if (send && !busy) void answer();
};
