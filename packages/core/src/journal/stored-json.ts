/** What was stored as JSON, and may be damaged, or newer than this package. */

/** The value of a text; undefined when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Why a value can't be read when it says that it is of a newer format; undefined when it does not. */
export function newerFormat(value: unknown, known: number): string | undefined {
  const format = typeof value === "object" && value !== null && "format" in value ? value.format : undefined;
  if (typeof format !== "number" || format <= known) return undefined;
  return `format ${format}, and this package reads up to ${known}: use a newer one`;
}
