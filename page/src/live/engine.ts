// The engine from the page's side: a worker made of the page's own text.
import type { Said, ScenarioSpec, Told } from "./types";

/** The worker's script; put here when the page is built. */
declare const WORKER: string;

/** Where the engine waits until the page's script takes it. */
const WAITING = "entrantEngine";

/** An engine that has been started, and what it has said so far. */
interface Early {
  worker: Worker;
  address: string;
  said: Said[];
}

export interface Engine {
  /** Asks; only the newest question is answered to the end. Says its number. */
  ask(market: number, scenario: ScenarioSpec): number;
}

const waiting = (): Record<string, Early | undefined> => window as unknown as Record<string, Early | undefined>;

/** Starts the engine of the page, where it carries one and the browser can. */
export function early(): void {
  const model = document.getElementById("live")?.textContent;
  const engine = document.getElementById("engine")?.textContent;
  if (!model || !engine || typeof DecompressionStream === "undefined") return;
  try {
    const address = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
    const worker = new Worker(address);
    const said: Said[] = [];
    worker.onmessage = (event: MessageEvent<Said>) => {
      said.push(event.data);
    };
    worker.onerror = (event) => {
      said.push({ kind: "failed", why: event.message });
    };
    worker.postMessage({ kind: "open", engine, model } satisfies Told);
    waiting()[WAITING] = { worker, address, said };
    // The contents, which come next, then name the panel.
    document.documentElement.classList.add("live");
  } catch (error) {
    console.error(error);
  }
}

/** The engine that was started; `hear` gets all that it says. Nothing where there is none. */
export function taken(hear: (said: Said) => void): Engine | null {
  const started = waiting()[WAITING];
  if (!started) return null;
  const { worker, address, said } = started;
  let count = 0;
  worker.onmessage = (event: MessageEvent<Said>) => {
    URL.revokeObjectURL(address);
    hear(event.data);
  };
  worker.onerror = (event) => hear({ kind: "failed", why: event.message });
  // Later than now: who takes it is not ready to hear.
  queueMicrotask(() => said.forEach(hear));
  return {
    ask(market, scenario) {
      count += 1;
      worker.postMessage({ kind: "ask", ask: count, market, scenario } satisfies Told);
      return count;
    },
  };
}
