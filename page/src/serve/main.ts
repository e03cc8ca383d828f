// The page of `entrant serve`: a study as form and text, its report, its runs, its scenarios.
import { el } from "../dom";
import { visible } from "../format";
import { Bar } from "./bar";
import { Editor } from "./editor";
import { Form } from "./form";
import { Library } from "./library";
import { Tabs, fill, labelled, select } from "./parts";
import { Runs, hasReport, runName } from "./runs";
import { act, look, words } from "./server";
import type { Checked, Field, Job, Run, State, StudyFile } from "./types";

/** Time after the last key before the text is checked. */
const PAUSE = 250;
const REPORT = 0;
const STUDY = 1;

const place = (id: string): HTMLElement => document.getElementById(id) ?? document.body;

class Page {
  private file: StudyFile | null = null;
  private job: Job | null = null;
  private runs: Run[] = [];
  private checked: Checked | null = null;
  private checkedText = "";
  private waiting = 0;
  private checking = false;
  private again = false;
  private returns = false;
  private alarmed = "";
  private shownRun = 0;
  private ran = 0;

  private readonly editor = new Editor(() => this.typed());
  private readonly form = new Form((path, value) => void this.edit(path, value));
  private readonly list = new Runs({ report: (id) => this.report(id, true), text: (id) => void this.textOf(id), failed: (m) => (m ? this.alarm("the runs", m) : this.calm("the runs")) });
  private readonly library = new Library({ text: () => this.text(), use: (text) => this.use(text) });
  private readonly bar = new Bar({ run: (d, l) => void this.run(d, l), cancel: () => void this.doing("cancelling", () => act("api/cancel", {})), save: () => void this.save(), revert: () => void this.revert() });
  private readonly frame = document.createElement("iframe");
  private readonly which = select([], "");
  private readonly alone = document.createElement("a");
  private readonly empty = el("p", { class: "nothing" }, "There is no report yet: it comes with the first run.");
  private readonly reportHead = el("div", { class: "report-head" });
  private readonly tabs: Tabs;

  constructor() {
    const panels = [
      el("div", { class: "panel-report" }, this.reportHead, this.empty, this.frame),
      el("div", { class: "panel-study" }, this.form.element(), this.editor.element()),
      el("div", { class: "panel-runs" }, ...this.list.element()),
      el("div", { class: "panel-library" }, ...this.library.element()),
    ];
    this.tabs = new Tabs(["Report", "Edit", "Runs", "Scenarios"], panels, () => undefined);
    this.frame.title = "Report";
    this.frame.setAttribute("sandbox", "allow-scripts allow-downloads");
    this.alone.target = "_blank";
    this.alone.rel = "noopener";
    this.alone.textContent = "Open alone";
    this.reportHead.append(labelled("Report of run", this.which), this.alone);
    this.which.addEventListener("change", () => this.report(Number(this.which.value), false));
    place("tabs").append(this.tabs.row());
    place("panels").append(...panels);
    this.bar.fill(place("bar"));
    this.tabs.show(REPORT);
    this.report(0, false);
    window.addEventListener("beforeunload", (event) => this.edited() && event.preventDefault());
  }

  async start(): Promise<void> {
    this.listen();
    await this.doing("reading", async () => {
      await this.readFile();
      if (this.file) this.use(this.file.text);
    });
    await this.library.load();
  }

  private async readFile(): Promise<void> {
    const file = await look<StudyFile>("api/study");
    this.returns = file.text.includes("\r\n");
    this.file = { ...file, text: plain(file.text) };
    this.editor.file = file.file;
    this.bar.defaultDraws = file.draws;
    const name = visible([file.folder, file.file].filter(Boolean).join("/"));
    place("place").textContent = `entrant ${file.version}: ${name}`;
    document.title = `${visible(file.folder || file.file)} – entrant`;
  }

  // ---- the text ----------------------------------------------------------------------------------

  private edited(): boolean {
    return this.file !== null && this.editor.text !== this.file.text;
  }

  /** The text with the line ends of the file: a text field knows only one kind. */
  private text(): string {
    return this.returns ? this.editor.text.replaceAll("\n", "\r\n") : this.editor.text;
  }

  private use(text: string): void {
    this.editor.text = plain(text);
    void this.check();
  }

  private typed(): void {
    clearTimeout(this.waiting);
    this.waiting = window.setTimeout(() => void this.check(), PAUSE);
    this.editor.wait();
    this.stand();
  }

  /** Checks the text; while one check is under way, the next one waits for it. */
  private async check(): Promise<void> {
    this.again = true;
    this.editor.wait();
    if (this.checking) return;
    this.checking = true;
    while (this.again) {
      this.again = false;
      await this.checkOnce(this.editor.text);
    }
    this.checking = false;
  }

  private async checkOnce(text: string): Promise<void> {
    await this.doing("checking", async () => {
      const found = await act<Checked>("api/check", { text });
      if (text !== this.editor.text) return;
      this.checked = found;
      this.checkedText = text;
      this.editor.tell(found.mistakes, found.findings);
      this.form.show(found.fields, found.more, found.fields.length > 0);
      const title = found.fields.find((f) => f.path === "title" || f.path === "merger.title")?.value;
      if (title) place("title").textContent = visible(String(title));
      this.stand();
    });
  }

  /** A field of the form has changed: the server puts it into the text. */
  private async edit(path: string, value: Field["value"]): Promise<void> {
    await this.doing("editing", async () => {
      const text = this.editor.text;
      const found = await act<{ text: string }>("api/edit", { text, path, value });
      // Typing that came between wins; the form follows it.
      if (this.editor.text === text) this.editor.text = found.text;
    });
    await this.check();
  }

  private async textOf(id: number): Promise<void> {
    await this.doing("reading", async () => this.use((await look<{ text: string }>(`api/text/${id}`)).text));
    this.tabs.show(STUDY);
  }

  private async save(): Promise<void> {
    await this.doing("saving", async () => {
      if (!this.file) return;
      const text = this.editor.text;
      const { fingerprint } = await act<{ fingerprint: string }>("api/save", { text: this.text(), fingerprint: this.file.fingerprint });
      this.file = { ...this.file, text, fingerprint };
      this.stand();
    });
  }

  private async revert(): Promise<void> {
    await this.doing("reading", async () => {
      await this.readFile();
      if (this.file) this.use(this.file.text);
    });
  }

  // ---- runs --------------------------------------------------------------------------------------

  private async run(draws: number | null, label: string): Promise<void> {
    await this.doing("running", async () => {
      const { run } = await act<{ run: number }>("api/run", { text: this.text(), label, draws });
      this.ran = run;
    });
  }

  private listen(): void {
    const events = new EventSource("api/events");
    events.onopen = () => this.calm("the server");
    events.onerror = () => this.alarm("the server", "The server does not answer: is `entrant serve` still running?");
    events.onmessage = (event) => this.told(JSON.parse(String(event.data)) as State);
  }

  private told(state: State): void {
    const before = this.job?.id;
    this.job = state.job;
    this.runs = state.runs;
    this.list.show(state.runs);
    const done = before !== undefined && this.job?.id !== before ? state.runs.find((r) => r.id === before) : undefined;
    if (done) this.ended(done);
    const reports = state.runs.filter(hasReport);
    fill(this.which, [...reports].reverse().map((r) => [String(r.id), runName(r)]), String(this.shownRun));
    const last = reports.at(-1);
    if (!reports.some((r) => r.id === this.shownRun)) this.report(last?.id ?? 0, false);
    this.stand();
  }

  private ended(run: Run): void {
    if (hasReport(run)) {
      this.report(run.id, run.id === this.ran && this.tabs.chosen === STUDY && !this.edited());
      return;
    }
    if (run.end === "failed") this.alarm("running", `Run ${run.id} failed: ${run.message}`);
    if (run.mistakes?.length) this.editor.tell(run.mistakes, []);
  }

  /** Shows the report of a run; 0 for none. */
  private report(id: number, open: boolean): void {
    const none = id === 0;
    this.frame.hidden = none;
    this.empty.hidden = !none;
    this.reportHead.hidden = none;
    if (!none && id !== this.shownRun) {
      this.frame.src = `report/${id}`;
      this.alone.href = `report/${id}`;
      this.which.value = String(id);
    }
    this.shownRun = id;
    if (open) this.tabs.show(REPORT);
  }

  // ---- words -------------------------------------------------------------------------------------

  /** Says how things stand. */
  private stand(): void {
    const fresh = this.checkedText === this.editor.text;
    const wrong = this.checked === null || (fresh && this.checked.mistakes.length > 0);
    this.bar.state(this.job, wrong, this.edited());
    const count = this.checked?.mistakes.length ?? 0;
    const file = visible(this.file?.file ?? "the study file");
    const text = this.edited() ? `Edited here, not saved to ${file}` : `As in ${file}`;
    const mistakes = count === 0 ? "" : count === 1 ? "; 1 mistake" : `; ${count} mistakes`;
    const last = this.runs.at(-1);
    const run = this.job ? `; run ${this.job.id} is under way` : last ? `; run ${last.id}: ${END[last.end]}` : "";
    const said = `${text}${mistakes}${run}.`;
    const standing = place("standing");
    if (standing.textContent !== said) standing.textContent = said;
  }

  /** Says what went wrong in doing something; only when that goes well is it unsaid. */
  private alarm(doing: string, message: string): void {
    this.alarmed = doing;
    const alarm = place("alarm");
    alarm.textContent = visible(message);
    alarm.hidden = message === "";
  }

  /** Something went well. */
  private calm(doing: string): void {
    if (this.alarmed === doing || SETTLES[doing]?.includes(this.alarmed)) this.alarm("", "");
  }

  private async doing(name: string, what: () => Promise<unknown>): Promise<void> {
    try {
      await what();
      this.calm(name);
    } catch (error) {
      this.alarm(name, words(error));
    }
  }
}

/** What an action that went well settles beside its own earlier failure. */
const SETTLES: Record<string, string[]> = {
  reading: ["saving", "checking", "editing"],
  saving: ["editing"],
  running: ["cancelling"],
  "the server": ["reading", "checking", "editing", "cancelling"],
};

/** A text as a text field has it. */
const plain = (text: string): string => text.replaceAll("\r\n", "\n").replaceAll("\r", "\n");

const END: Record<Run["end"], string> = { done: "done", unusable: "done, but do not use its numbers", failed: "failed", stopped: "stopped" };

void new Page().start();
