import { wrongEntries } from "./wrong-entries.ts";
import { wrongLinks } from "./wrong-links.ts";
import type { WrongSpec } from "./wrong-spec.ts";

/**
 * Specs that both gates refuse. `tsc` checks each `@ts-expect-error` where the mistake stands, and
 * `wrong-specs.test.ts` runs the very same objects, so that types and schema can't drift apart.
 */
export const wrongSpecs: readonly WrongSpec[] = [...wrongEntries, ...wrongLinks];
