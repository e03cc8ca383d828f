// The tables behind a chart as comma-separated values.

/** What a spreadsheet would take for a formula is kept from it; see crates/entrant-report/src/csv.rs. */
const FORMULA = /^([\t\r\n]|[ "']*[=+\-@\t\r])/;
/** A number as the page writes it, whose sign is no formula. */
const NUMBER = /^[−+-]?[A-Z]{0,3}\p{Sc}?\d[\d.,]*[%\u00a0 ]{0,2}[a-zA-Z]{0,2}$/u;

function field(text: string): string {
  const guarded = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replace(/"/g, '""')}"` : guarded;
}

/** A cell and the remark in small print beside it. */
function parts(cell: HTMLTableCellElement): [string, string] {
  const note = cell.querySelector("small")?.textContent?.trim() ?? "";
  const own = [...cell.childNodes].filter((n) => n.nodeName !== "SMALL").map((n) => n.textContent ?? "");
  return [own.join("").trim(), note];
}

/** One table: remarks, such as ranges, have a column of their own where there are any. */
function rows(table: HTMLTableElement): string[][] {
  const cells = [...table.rows].map((row) => [...row.cells].map(parts));
  const noted = (cells[0] ?? []).map((_, i) => cells.some((row) => row[i]?.[1]));
  const name = (row: number, text: string): string => (row === 0 ? `${text}: range or remark` : text);
  return cells.map((row, r) =>
    row.flatMap(([text, note], i) => (noted[i] ? [text, r === 0 ? name(0, text) : note] : [text])),
  );
}

/**
 * The tables in sight, or folded, below a chart, or else the first of its section; those of other
 * scenarios are not among them.
 */
export function tablesOf(figure: Element): HTMLTableElement[] {
  const seen = (t: HTMLTableElement): boolean => !t.closest("[hidden]");
  const own = [...figure.querySelectorAll("table")].filter(seen);
  if (own.length || figure.querySelector("table")) return own;
  return [...(figure.closest("section")?.querySelectorAll("table") ?? [])].filter(seen).slice(0, 1);
}

/** They in one file, each under its caption where there are several. */
export function csvFile(figure: Element): string {
  const tables = tablesOf(figure);
  const blocks = tables.map((t) => {
    const head = tables.length > 1 && t.caption ? [[t.caption.textContent ?? ""]] : [];
    return [...head, ...rows(t)].map((row) => row.map(field).join(",")).join("\r\n");
  });
  return `${blocks.join("\r\n\r\n")}\r\n`;
}
