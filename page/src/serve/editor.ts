// The text of the study with numbered lines, and its mistakes with the way to them.
import { el } from "../dom";
import { visible } from "../format";
import { button, freshId } from "./parts";
import type { Finding, Mistake } from "./types";

export class Editor {
  readonly field = document.createElement("textarea");
  private readonly gutter = el("div", { class: "gutter" });
  private readonly list = el("ul", { class: "mistakes" });
  private readonly said = el("p", { class: "heard", role: "status" });
  private marks = "";

  constructor(typed: () => void) {
    this.field.id = freshId();
    this.field.spellcheck = false;
    this.field.autocomplete = "off";
    this.field.wrap = "off";
    this.field.setAttribute("aria-label", "Text of the study, TOML");
    this.list.id = freshId();
    this.field.setAttribute("aria-describedby", this.list.id);
    this.gutter.setAttribute("aria-hidden", "true");
    this.field.addEventListener("input", typed);
    this.field.addEventListener("scroll", () => (this.gutter.scrollTop = this.field.scrollTop));
  }

  element(): HTMLElement {
    const frame = el("div", { class: "editor" }, this.gutter, this.field);
    return el("section", { class: "text-side", "aria-label": "Text" }, el("h2", {}, "Text"), this.said, this.list, frame);
  }

  get text(): string {
    return this.field.value;
  }

  /** Puts a text there, with the eye where it was. */
  set text(text: string) {
    if (text === this.field.value) return;
    const { selectionStart, selectionEnd, scrollTop } = this.field;
    this.field.value = text;
    this.field.setSelectionRange(selectionStart, selectionEnd);
    this.field.scrollTop = scrollTop;
    this.number([]);
  }

  /** What is said of the text is about to be said anew. */
  wait(): void {
    this.list.setAttribute("aria-busy", "true");
  }

  /** Shows what is wrong with the text, and what else there is to say of it. */
  tell(mistakes: Mistake[], findings: Finding[]): void {
    this.list.setAttribute("aria-busy", "false");
    this.number(mistakes.flatMap((m) => (m.line ? [m.line] : [])));
    this.field.setAttribute("aria-invalid", String(mistakes.length > 0));
    const rows = mistakes.map((m) => el("li", { class: "wrong" }, this.mistake(m)));
    const notes = findings.map((f) => el("li", { class: f.level === "error" ? "wrong" : "note" }, `${visible(f.message)} ${visible(f.advice)}`));
    this.list.replaceChildren(...rows, ...notes);
    const words = mistakes.length === 0 ? "No mistakes" : mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`;
    if (this.said.textContent !== words) this.said.textContent = words;
  }

  private mistake(m: Mistake): Node {
    const hint = m.hint ? el("small", {}, visible(m.hint)) : "";
    const where = [m.line ? `line ${m.line}` : "", m.column ? `column ${m.column}` : ""].filter(Boolean).join(", ");
    const what = `${visible(m.message)}${m.path ? ` (${visible(m.path)})` : ""}`;
    if (!m.line || !this.isHere(m)) return el("span", {}, `${visible(m.file)}${where ? `, ${where}` : ""}: ${what}`, hint);
    const go = button(where, () => this.go(m.line ?? 1, m.column ?? 1), "go");
    return el("span", {}, go, ` ${what}`, hint);
  }

  /** Name of the study file, which mistakes in this text carry. */
  file = "study.toml";

  private isHere(m: Mistake): boolean {
    return m.file === this.file || m.file === "";
  }

  /** Moves the cursor to a place. */
  go(line: number, column = 1): void {
    const lines = this.field.value.split("\n");
    const before = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const end = before + (lines[line - 1]?.length ?? 0);
    const start = Math.min(before + column - 1, end);
    this.field.focus();
    this.field.setSelectionRange(start, end);
    const height = this.field.scrollHeight / Math.max(1, lines.length);
    this.field.scrollTop = Math.max(0, (line - 4) * height);
  }

  private number(wrong: number[]): void {
    const total = this.field.value.split("\n").length;
    const marks = `${total}:${wrong.join(",")}`;
    if (marks === this.marks) return;
    this.marks = marks;
    const lines = Array.from({ length: total }, (_, i) => el("span", { class: wrong.includes(i + 1) ? "wrong" : "" }, String(i + 1)));
    this.gutter.replaceChildren(...lines);
    this.gutter.scrollTop = this.field.scrollTop;
  }
}
