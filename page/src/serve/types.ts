// What the server says (crates/entrant-serve/src/routes.rs, session.rs, summary.rs).

export interface StudyFile {
  text: string;
  fingerprint: string;
  file: string;
  folder: string;
  draws: number | null;
  version: string;
}

export interface Mistake {
  file: string;
  line: number | null;
  column: number | null;
  path: string;
  value: string;
  message: string;
  hint: string;
}

export interface Finding {
  code: string;
  level: "ok" | "warning" | "error";
  message: string;
  advice: string;
}

export interface Field {
  path: string;
  group: string;
  name: string;
  value: number | boolean | string;
  choices: string[];
  help: string;
  line: number;
}

/** A key that a table may have and has not. */
export interface Addition {
  path: string;
  group: string;
  name: string;
  kind: "number" | "switch" | "choice";
  default: Field["value"] | null;
  choices: string[];
  help: string;
}

export interface Checked {
  kind: "" | "calibrated" | "estimated" | "merger";
  mistakes: Mistake[];
  findings: Finding[];
  fields: Field[];
  more: Addition[];
}

export interface Job {
  id: number;
  label: string;
  started: number;
  stage: string;
  done: number;
  total: number;
  stopping: boolean;
}

export interface Run {
  id: number;
  label: string;
  started: number;
  seconds: number;
  draws: number;
  fingerprint: string;
  end: "done" | "unusable" | "failed" | "stopped";
  message: string;
  mistakes?: Mistake[];
}

export interface State {
  job: Job | null;
  runs: Run[];
  now: number;
}

export interface Line {
  scenario: string;
  market: string;
  who: string;
  measure: string;
  unit: "count" | "money" | "price" | "share" | "plain";
  signed: boolean;
  value: [number, number, number] | null;
}

export interface Summary {
  title: string;
  money: string;
  level: number;
  draws: number;
  answer: string[];
  scenarios: [string, string][];
  headline: string;
  lines: Line[];
}

/** The second of two runs less the first, in draws that belong together. */
export interface Differences {
  /** Why there is no range; empty where there is one. */
  why: string;
  level: number;
  draws: number;
  lines: [[scenario: string, market: string, who: string, measure: string], [number, number, number]][];
}
