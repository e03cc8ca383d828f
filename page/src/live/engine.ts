// The engine from the page's side: a worker made of the page's own text.
import type { Said, ScenarioSpec, Told } from "./types";

/** The worker's script; put here when the page is built. */
declare const WORKER: string;

export interface Engine {
  /** Asks; only the newest question is answered to the end. Says its number. */
  ask(market: number, scenario: ScenarioSpec): number;
}

/** Starts the engine; `hear` gets all that it says. */
export function start(engine: string, model: string, hear: (said: Said) => void): Engine {
  const address = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
  const worker = new Worker(address);
  const tell = (told: Told): void => worker.postMessage(told);
  let count = 0;
  worker.onmessage = (event: MessageEvent<Said>) => {
    URL.revokeObjectURL(address);
    hear(event.data);
  };
  worker.onerror = (event) => hear({ kind: "failed", why: event.message });
  tell({ kind: "open", engine, model });
  return {
    ask(market, scenario) {
      count += 1;
      tell({ kind: "ask", ask: count, market, scenario });
      return count;
    },
  };
}
