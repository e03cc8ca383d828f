// Texts of the study that are kept under a name in the study folder.
import { el } from "../dom";
import { visible } from "../format";
import { button, input, labelled, twice } from "./parts";
import { Refused, act, look, words } from "./server";

/** What the library asks the page for. */
export interface Shelf {
  /** The text as it stands. */
  text(): string;
  /** Puts a text into the editor. */
  use(text: string, name: string): void;
}

export class Library {
  private readonly list = el("ul", { class: "library" });
  private readonly name = input("text");
  private readonly said = el("p", { class: "form-note", role: "status" });

  constructor(private readonly shelf: Shelf) {
    this.name.maxLength = 60;
  }

  element(): HTMLElement[] {
    const lead = "A scenario is the text of the study as it stands in the editor, kept under a name in the folder of the study. Use one to go on from it, run it, or compare.";
    const form = document.createElement("form");
    form.className = "keep";
    const keep = el("button", { type: "submit" }, "Keep");
    form.append(labelled("Name", this.name), keep);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.keep(this.name.value.trim(), false);
    });
    return [el("h2", {}, "Scenarios"), el("p", { class: "lead" }, lead), form, this.said, this.list];
  }

  async load(): Promise<void> {
    await this.doing(async () => this.show((await look<{ names: string[] }>("api/scenarios")).names));
  }

  private async keep(name: string, replace: boolean): Promise<void> {
    await this.doing(async () => {
      try {
        this.show((await act<{ names: string[] }>("api/scenario/keep", { name, text: this.shelf.text(), replace })).names);
        this.said.textContent = `Kept as ${visible(name)}`;
      } catch (error) {
        if (!(error instanceof Refused) || error.status !== 409) throw error;
        const over = button("Replace it", () => void this.keep(name, true));
        this.said.replaceChildren(`${visible(words(error))}. `, over);
      }
    });
  }

  private show(names: string[]): void {
    const rows = names.map((name) => this.row(name));
    this.list.replaceChildren(...(rows.length ? rows : [el("li", { class: "nothing" }, "Nothing is kept yet.")]));
  }

  private row(name: string): HTMLElement {
    const use = button("Use", () => void this.use(name));
    use.setAttribute("aria-label", `Use ${visible(name)}`);
    const gone = twice("Remove", "Really remove?", () => void this.remove(name));
    return el("li", {}, el("strong", {}, visible(name)), el("span", { class: "actions" }, use, gone));
  }

  private async use(name: string): Promise<void> {
    await this.doing(async () => {
      this.shelf.use((await act<{ text: string }>("api/scenario/load", { name })).text, name);
    });
  }

  private async remove(name: string): Promise<void> {
    await this.doing(async () => {
      this.show((await act<{ names: string[] }>("api/scenario/remove", { name })).names);
      this.said.textContent = `Removed ${visible(name)}`;
    });
  }

  private async doing(what: () => Promise<void>): Promise<void> {
    try {
      await what();
    } catch (error) {
      this.said.textContent = words(error);
    }
  }
}
