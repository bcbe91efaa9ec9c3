import { type CauseCode, causes } from "./causes/all.ts";
import { signs } from "./signs/all.ts";
import type { Sign } from "./signs/sign.ts";
import type { Cause, CauseText, Explanation, Explicable, Hop } from "./symptom.ts";
import type { TakenSymptom } from "./take-symptom.ts";
import { tidySymptom } from "./tidy-symptom.ts";

/**
 * What a failed handshake or request may mean: ranked causes, each with the check that tells it apart, the mend, and
 * where that is known from. All that is known of one failure goes in at once, for together it says more: an alert, an
 * error code, a status, a line of a log, or pasted text with all of them; or an error, or the result of a probe, as it
 * is.
 *
 * Pure, and takes anything: what it can't make sense of gets one cause, `not-known`, that says how to learn more.
 *
 * @example
 * ```ts
 * import { explain } from "@handfast/core";
 *
 * const { symptom, causes } = explain({ alert: 48, protocol: "TLSv1.3" });
 * export const first = `${symptom}: ${causes[0]?.what} ${causes[0]?.mend}`;
 * ```
 */
export function explain(symptom: Explicable): Explanation {
  const seen = tidySymptom(symptom);
  const fitting = signs.filter((sign) => fits(sign, seen));
  const ruledOut = new Set(fitting.flatMap(({ rulesOut = [] }) => rulesOut));
  const ranked = rank(fitting, ruledOut);
  // signs that contradict each other leave nothing: then each cause is one that may be after all
  const doubted =
    ranked.length > 0 ? [] : rank(fitting, new Set()).map((cause) => ({ ...cause, likely: "less" as const }));
  const found = [...ranked, ...doubted];
  return {
    symptom: describe(fitting, seen),
    causes: found.length > 0 ? found : [toCause("not-known", "less", [])],
  };
}

function fits({ mark, is, given = {}, without = [] }: Sign, seen: TakenSymptom): boolean {
  return (
    seen[mark] === is &&
    Object.entries(given).every(([field, value]) => seen[field as Sign["mark"]] === value) &&
    without.every((field) => seen[field] === undefined)
  );
}

function rank(fitting: readonly Sign[], ruledOut: ReadonlySet<CauseCode>): readonly Cause[] {
  const points = new Map<CauseCode, number>();
  for (const sign of fitting) {
    for (const [code, number] of Object.entries(sign.points) as [CauseCode, number][]) {
      if (!ruledOut.has(code)) points.set(code, (points.get(code) ?? 0) + number);
    }
  }
  const sorted = [...points].sort(([, a], [, b]) => b - a);
  const most = sorted[0]?.[1] ?? 0;
  return sorted.map(([code, number]) =>
    toCause(
      code,
      likelihood(number, most),
      fitting.filter(({ points }) => code in points),
      fitting.find((sign) => sign.hop !== undefined)?.hop,
    ),
  );
}

/** By a cause's own weight, and by how far it lies behind the likeliest. */
function likelihood(points: number, most: number): Cause["likely"] {
  if (points >= 4 && points >= most * 0.7) return "very";
  return points >= 2 && points >= most * 0.4 ? "fairly" : "less";
}

function toCause(
  code: CauseCode,
  likely: Cause["likely"],
  grounds: readonly Sign[],
  elsewhere?: Hop | undefined,
): Cause {
  const { what, check, mend, sources, hop }: CauseText = causes[code];
  const at: Hop | undefined = grounds.find((sign) => sign.hop !== undefined)?.hop ?? hop ?? elsewhere;
  return {
    code,
    likely,
    what,
    ...(at === undefined ? {} : { hop: at }),
    check,
    mend,
    sources: [...new Set([...sources, ...grounds.flatMap((sign) => sign.sources)])],
  };
}

/** Fields that are named even if no row of the tables knows their value. */
const names = {
  alert: "TLS alert",
  httpStatus: "HTTP",
  errno: "error code",
  openssl: "OpenSSL says:",
  connectionLog: "the connection log says",
  http2: "HTTP/2 ended with",
  browser: "the browser shows",
  curl: "curl ended with",
} as const;

function describe(fitting: readonly Sign[], seen: TakenSymptom): string {
  const unknown = (Object.keys(names) as (keyof typeof names)[])
    .filter((field) => seen[field] !== undefined && fitting.every(({ mark }) => mark !== field))
    .map((field) => `${names[field]} ${seen[field]}, which stands in no table here`);
  const words = [...new Set(fitting.map((sign) => sign.seen)), ...unknown];
  const { protocol } = seen;
  if (protocol !== undefined && !words.some((word) => word.includes("under TLS"))) {
    words.push(`under ${protocol.replace("TLSv", "TLS ")}`);
  }
  return words.length === 0 ? "nothing that is known here" : words.join("; ");
}
