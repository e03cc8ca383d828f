// Starts the engine while the rest of the page is still being read; `panel.ts` takes it from there.
import { early } from "./engine";

early();
