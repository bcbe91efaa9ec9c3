import { createPrivateKey } from "node:crypto";
import type { Stage } from "./stage.ts";

/** A text that must not show up, and what to call it. */
export interface Needle {
  readonly name: string;
  readonly text: string;
}

/**
 * What a private key looks like wherever it is written down: its private numbers in hex, and in base64 at each of the
 * three places where they may begin in it, so that it is found in PEM, in DER, in a JWK and inside other bytes.
 */
function needlesOf(name: string, pem: string): readonly Needle[] {
  const jwk = createPrivateKey(pem).export({ format: "jwk" });
  const numbers = [jwk.d, jwk.p, jwk.q].flatMap((text) =>
    text === undefined ? [] : Buffer.from(text, "base64url"),
  );
  return numbers.flatMap((bytes) => [
    { name: `${name}, in hex`, text: bytes.toString("hex") },
    ...[0, 1, 2].map((offset) => {
      const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
      const [from, to] = [Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6)];
      return { name: `${name}, in base64`, text: text.slice(from, to) };
    }),
  ]);
}

/** All that must stay hidden on a stage: the private keys, and the texts that its world names. */
export function secretsOf({ issuers, world }: Pick<Stage, "issuers" | "world">): readonly Needle[] {
  return [
    ...issuers.flatMap(({ key }, index) => needlesOf(`private key ${index + 1}`, key)),
    ...(world.secrets ?? []).map((text, index) => ({ name: `secret text ${index + 1}`, text })),
  ];
}

/** The name of the first needle that is in a value, wherever in it; undefined when there is none. */
export function findSecret(value: unknown, needles: readonly Needle[]): string | undefined {
  for (const text of textsOf(value, new Set())) {
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return "PEM of a private key";
    // As PEM breaks lines, and as JSON writes the breaks; base64url as base64.
    const plain = text
      .replaceAll(/\\[rn]|\s/g, "")
      .replaceAll("-", "+")
      .replaceAll("_", "/");
    const lower = plain.toLowerCase();
    for (const needle of needles) {
      if (text.includes(needle.text) || plain.includes(needle.text) || lower.includes(needle.text)) {
        return needle.name;
      }
    }
  }
  return undefined;
}

/** Every text in a value: keys and values, all of an error, bytes. */
function* textsOf(value: unknown, met: Set<unknown>): Generator<string> {
  if (typeof value === "string") yield value;
  if (typeof value === "function") yield String(value);
  if (typeof value !== "object" || value === null || met.has(value)) return;
  met.add(value);
  if (ArrayBuffer.isView(value)) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    yield bytes.toString("latin1");
    yield bytes.toString("base64");
    yield bytes.toString("hex");
    return;
  }
  if (value instanceof Map || value instanceof Set) {
    yield* textsOf([...value], met);
    return;
  }
  // Message, stack and cause of an error are its own properties, though not enumerable ones.
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key === "string") yield key;
    yield* textsOf(Reflect.get(value, key), met);
  }
}
