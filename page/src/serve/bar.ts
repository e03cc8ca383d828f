// The bar on top: run, cancel, how far the run is, and saving.
import { el } from "../dom";
import { visible } from "../format";
import { button, input, labelled } from "./parts";
import type { Job } from "./types";

/** What the bar asks the page to do. */
export interface Wishes {
  run(draws: number | null, label: string): void;
  cancel(): void;
  save(): void;
  revert(): void;
}

export class Bar {
  private readonly draws = input("text");
  private readonly label = input("text");
  private readonly go: HTMLButtonElement;
  private readonly stop: HTMLButtonElement;
  private readonly save: HTMLButtonElement;
  private readonly revert: HTMLButtonElement;
  private readonly meter = document.createElement("progress");
  private readonly words = el("span", { class: "progress-words" });
  private readonly progress = el("div", { class: "progress" });

  constructor(private readonly wishes: Wishes) {
    this.go = button("Run", () => this.ask(), "primary");
    this.stop = button("Cancel the run", () => wishes.cancel());
    this.save = button("Save the study", () => wishes.save());
    this.revert = button("Reload the file", () => wishes.revert());
    this.draws.inputMode = "numeric";
    this.draws.placeholder = "the study’s";
    this.label.placeholder = "optional";
    this.label.maxLength = 80;
    this.meter.setAttribute("aria-label", "Progress of the run");
    this.progress.append(this.meter, this.words, this.stop);
    this.progress.hidden = true;
  }

  fill(place: HTMLElement): void {
    const fields = [labelled("Draws", this.draws), labelled("Name of the run", this.label)];
    place.append(el("div", { class: "bar-row" }, this.go, ...fields, el("span", { class: "gap" }), this.save, this.revert), this.progress);
  }

  set defaultDraws(draws: number | null) {
    if (draws !== null) this.draws.placeholder = String(draws);
  }

  /** A run can begin when none is under way and nothing is wrong with the text. */
  state(job: Job | null, wrong: boolean, edited: boolean): void {
    this.go.disabled = job !== null || wrong;
    this.save.disabled = !edited || wrong;
    this.revert.disabled = !edited;
    const had = !this.progress.hidden;
    this.progress.hidden = job === null;
    if (job === null) {
      if (had && document.activeElement === document.body) this.go.focus();
      return;
    }
    if (job.total > 0) {
      this.meter.max = job.total;
      this.meter.value = job.done;
    } else {
      this.meter.removeAttribute("value");
    }
    const steps = job.total > 1 ? ` ${counted(job.done)} of ${counted(job.total)}` : job.done > 0 ? ` ${counted(job.done)}` : "";
    this.words.textContent = job.stopping ? "Stopping" : `Run ${job.id}: ${visible(job.stage)}${steps}`;
    this.stop.disabled = job.stopping;
  }

  private ask(): void {
    const text = this.draws.value.trim();
    const draws = text === "" ? null : Number(text);
    const bad = draws !== null && !(Number.isInteger(draws) && draws >= 1 && draws <= 1_000_000);
    this.draws.setAttribute("aria-invalid", String(bad));
    this.draws.setCustomValidity(bad ? "a whole number from 1 to 1,000,000, or nothing" : "");
    if (bad) {
      this.draws.reportValidity();
      return;
    }
    this.wishes.run(draws, this.label.value.trim());
    this.label.value = "";
  }
}

const counted = (n: number): string => n.toLocaleString("en-GB");
