// A setting as the fragment of a link. What comes in is a stranger's: nothing is taken on trust.
import { Ground, type Setting, unchanged } from "./setting";
import type { LiveModel } from "./types";

const KEY = "what-if=";

/** The fragment, without `#`. */
export function fragment(setting: Setting): string {
  const letters = new TextEncoder().encode(JSON.stringify(setting));
  const text = btoa(String.fromCharCode(...letters));
  return KEY + text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The setting of a fragment; nothing where it is none, or not one of this study. */
export function settingOf(hash: string, model: LiveModel): Setting | null {
  const text = hash.replace(/^#/, "");
  if (!text.startsWith(KEY) || text.length > 20_000) return null;
  try {
    const packed = atob(text.slice(KEY.length).replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = Uint8Array.from(packed, (c) => c.charCodeAt(0));
    return checked(JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>, model);
  } catch {
    return null;
  }
}

function checked(raw: Record<string, unknown>, model: LiveModel): Setting | null {
  const at = (v: unknown, length: number): number => (Number.isInteger(v) && Number(v) >= 0 && Number(v) < length ? Number(v) : -1);
  const [base, market] = [at(raw.base, model.scenarios.length), at(raw.market, model.markets.length)];
  if (base < 0 || market < 0) return null;
  const setting = unchanged(base, market);
  const ground = new Ground(model, setting);
  const among = (v: unknown, known: string[]): string[] => (Array.isArray(v) ? known.filter((k) => v.includes(k)) : []);
  setting.off = among(raw.off, ground.entrants());
  setting.ban = among(raw.ban, ground.firms());
  setting.drop = among(raw.drop, ground.market.products.map((p) => p.id));
  setting.still = raw.still === true;
  if (typeof raw.optimal === "boolean") setting.optimal = raw.optimal;
  if (typeof raw.aware === "number" && raw.aware > 0 && raw.aware <= 1) setting.aware = raw.aware;
  const segments = among(raw.segments, model.segments);
  if (segments.length) setting.segments = segments;
  const prices = (raw.price ?? {}) as Record<string, unknown>;
  for (const id of ground.entrants()) {
    const price = Object.hasOwn(prices, id) ? prices[id] : undefined;
    if (typeof price === "number" && price > 0 && price < 1e15) setting.price[id] = price;
  }
  return setting;
}
