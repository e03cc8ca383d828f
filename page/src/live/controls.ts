// The controls of the live panel: what a study exposes, no more.
import { el } from "../dom";
import { writer } from "../format";
import { Ground, type Setting, unchanged } from "./setting";
import type { LiveModel } from "./types";
import { chooser, folded, group, type Scale, slider, tick } from "./widgets";

/** Called with what changed; `again` when the controls themselves are others now. */
export type Change = (next: Partial<Setting>, again?: boolean) => void;

/** All controls for a setting. */
export function controls(model: LiveModel, setting: Setting, money: string, change: Change): HTMLElement[] {
  const ground = new Ground(model, setting);
  const all = [start(model, setting, change)];
  if (ground.entrants().length) {
    all.push(lineup(ground, setting, money, change), reach(ground, setting, change));
  }
  all.push(rivals(ground, setting, change));
  return all;
}

function start(model: LiveModel, setting: Setting, change: Change): HTMLElement {
  const named = model.scenarios.map((s) => s.title || s.id);
  const from = (base: number, market: number): void => change(unchanged(base, market), true);
  const rows = [chooser("Start from", named, setting.base, (base) => from(base, setting.market))];
  if (model.markets.length > 1) {
    const markets = model.markets.map((m) => m.id);
    rows.push(chooser("Market", markets, setting.market, (market) => from(setting.base, market)));
  }
  return el("div", { class: "start" }, ...rows);
}

function lineup(ground: Ground, setting: Setting, money: string, change: Change): HTMLElement {
  const optimal = setting.optimal ?? ground.optimal();
  const row = (id: string): HTMLElement => {
    const price = setting.price[id] ?? ground.ownPrice(id);
    const turn = (on: boolean): void =>
      change({ off: on ? setting.off.filter((o) => o !== id) : [...setting.off, id] }, true);
    const out = setting.off.includes(id);
    const move = (p: number): void => change({ price: { ...setting.price, [id]: p } });
    const words = `Price of ${id}`;
    const priced = optimal || out ? [] : [slider(words, price, priceScale(ground.ownPrice(id), money), false, move)];
    return el("div", { class: "line" }, tick(id, !out, turn), ...priced);
  };
  const chosen = tick("Profit-maximising prices", optimal, (on) => change({ optimal: on }, true));
  return group("What comes in, and at what price", ...ground.entrants().map(row), chosen);
}

/** From two fifths of a price to twice it, in round steps. */
function priceScale(own: number, money: string): Scale {
  const step = 10 ** Math.max(-2, Math.floor(Math.log10(own)) - 2);
  const [from, to] = [own * 0.4, own * 2];
  return {
    at: (place) => Number((Math.round((from + place * (to - from)) / step) * step).toPrecision(12)),
    of: (value) => Math.min(1, Math.max(0, (value - from) / (to - from))),
    words: (value) => writer("price", [value], money)(value),
  };
}

/** Shares of consumers, on a scale of ratios: from half a percent to all. */
const AWARE: Scale = {
  at: (place) => Number((0.005 * 200 ** place).toPrecision(3)),
  of: (value) => Math.min(1, Math.max(0, Math.log(value / 0.005) / Math.log(200))),
  words: (value) => writer("share", [value], "")(value),
};

function reach(ground: Ground, setting: Setting, change: Change): HTMLElement {
  const aware = setting.aware ?? ground.aware();
  const rows: Node[] = [slider("Know it and would consider it", aware, AWARE, false, (v) => change({ aware: v }))];
  const { segments } = ground.model;
  if (segments.length > 1) {
    const now = setting.segments ?? ground.segments();
    const turn = (id: string) => (on: boolean): void => {
      const next = segments.filter((s) => (s === id ? on : now.includes(s)));
      // Somewhere it must be sold: the last channel stays.
      change(next.length ? { segments: next } : {}, true);
    };
    const boxes = segments.map((id) => tick(id, now.includes(id), turn(id)));
    rows.push(el("div", { class: "ticks", role: "group", "aria-label": "Sold through" }, ...boxes));
  }
  return group("Who can buy it", ...rows);
}

function rivals(ground: Ground, setting: Setting, change: Change): HTMLElement {
  const answer = tick("Rivals change their prices in answer", !setting.still, (on) => change({ still: !on }));
  const ban = ground.firms().map((firm) =>
    tick(firm, setting.ban.includes(firm), (on) =>
      change({ ban: on ? [...setting.ban, firm] : setting.ban.filter((f) => f !== firm) })),
  );
  const drop = ground.market.products.map((p) =>
    tick(p.id, setting.drop.includes(p.id), (on) =>
      change({ drop: on ? [...setting.drop, p.id] : setting.drop.filter((d) => d !== p.id) })),
  );
  return group(
    "Everybody else",
    answer,
    folded("Firms that may not sell", setting.ban.length > 0, el("div", { class: "ticks" }, ...ban)),
    folded("Products taken off the market", setting.drop.length > 0, el("div", { class: "ticks" }, ...drop)),
  );
}
