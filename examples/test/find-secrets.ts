import { createPrivateKey } from "node:crypto";
import { inspect } from "node:util";

/** A secret in one of its forms. */
interface Needle {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * Every form in which a private key, or a part of it, could come to light: lines of PEM, DER, and each secret number,
 * as bytes, hex, base64 and decimal.
 *
 * @param open what everybody may see: a line of PEM that is a part of it (the public key) gives nothing away
 */
export function formsOfKey(pem: string, open: string): readonly Needle[] {
  const key = createPrivateKey(pem);
  const isRsa = key.asymmetricKeyType === "rsa";
  const forms = ["pkcs8", isRsa ? "pkcs1" : "sec1"] as const;
  const public64 = open.replaceAll(/-----[^-]*-----|\s/g, "");
  const pems = forms.flatMap((type) => {
    const text = key.export({ type, format: "pem" }).toString();
    const lines = text.trim().split("\n").slice(1, -1);
    const der = key.export({ type, format: "der" });
    return [
      ...lines.filter((line) => line.length > 20 && !public64.includes(line)).map(text8(`${type} PEM`)),
      ...encodings(`${type} DER`, der),
    ];
  });
  const { d = "", p, q, dp, dq, qi } = key.export({ format: "jwk" });
  const numbers = Object.entries({ d, p, q, dp, dq, qi }).flatMap(([name, value]) =>
    typeof value !== "string" ? [] : encodings(`number ${name}`, Buffer.from(value, "base64url"), true),
  );
  return [text8("label")("PRIVATE KEY"), ...pems, ...numbers];
}

/** A password or token, as it is and in the usual encodings. */
export function formsOfText(name: string, secret: string): readonly Needle[] {
  return encodings(name, Buffer.from(secret));
}

function encodings(name: string, bytes: Buffer, asNumber = false): readonly Needle[] {
  const hex = bytes.toString("hex");
  const texts = {
    hex,
    HEX: hex.toUpperCase(),
    // the last group depends on what follows
    base64: bytes.toString("base64").slice(0, -4),
    base64url: bytes.toString("base64url").slice(0, -4),
    ...(asNumber ? { decimal: BigInt(`0x${hex}`).toString() } : {}),
  };
  return [{ name, bytes }, ...Object.entries(texts).map(([form, text]) => text8(`${name} in ${form}`)(text))];
}

function text8(name: string): (text: string) => Needle {
  return (text) => ({ name, bytes: Buffer.from(text) });
}

/** The names of those secrets that occur. */
export function findSecrets(haystack: Buffer, needles: readonly Needle[]): readonly string[] {
  return [...new Set(needles.filter(({ bytes }) => haystack.includes(bytes)).map(({ name }) => name))];
}

/** All that a person, a log or a debugger may get to see of a value: hidden fields, causes, stacks, JSON. */
export function layOpen(value: unknown): string {
  const seen = inspect(value, {
    depth: 50,
    showHidden: true,
    getters: true,
    maxArrayLength: null,
    maxStringLength: null,
    breakLength: Number.POSITIVE_INFINITY,
  });
  const json = JSON.stringify(value) ?? "";
  if (!(value instanceof Error)) return `${seen}\n${json}`;
  const { message, stack = "", cause } = value;
  return [seen, json, String(value), message, stack, cause === undefined ? "" : layOpen(cause)].join("\n");
}
