// Talking to the server: every path is below the page's own, every body is JSON.

/** What the server says when it does not do what was asked. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

async function answer<T>(request: Promise<Response>): Promise<T> {
  let response: Response;
  try {
    response = await request;
  } catch {
    throw new Refused("the server does not answer: is `entrant serve` still running?", 0);
  }
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as T;
  throw new Refused(reason(text), response.status);
}

function reason(text: string): string {
  try {
    return String((JSON.parse(text) as { error?: unknown }).error ?? text);
  } catch {
    return text.trim();
  }
}

/** What stands at a path. */
export function look<T>(path: string): Promise<T> {
  return answer<T>(fetch(path, { cache: "no-store" }));
}

/** Asks for something to be done. */
export function act<T>(path: string, body: unknown): Promise<T> {
  const headers = { "content-type": "application/json" };
  return answer<T>(fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

/** Why something failed, in words. */
export function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
