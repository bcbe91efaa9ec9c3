/** What the sandbox asks of the outside. Texts, numbers and truth values go in and out, and nothing ever throws. */
export interface SandboxHost {
  /** JSON of the event. */
  readonly event: string;
  /** Milliseconds since the epoch: time stands still while a function runs. */
  readonly now: number;
  /** Whether a key value store is associated. */
  readonly hasStore: boolean;
  has(key: string): boolean;
  read(key: string): string | undefined;
  /** The value's bytes in hex. */
  readBytes(key: string): string;
  count(): number;
  /** A hash, or an HMAC with `key`; `undefined` for an algorithm or encoding that is not offered. */
  digest(algorithm: string, key: string | undefined, data: string, encoding: string): string | undefined;
  decide(decision: "allow" | "deny"): void;
  custom(text: string): void;
  log(line: string): void;
  ended(): void;
  failed(message: string): void;
}

/**
 * Prepares a fresh context: an expression that gives a function of the {@link SandboxHost}. It leaves `$run` behind,
 * which takes itself away, calls the module with its imports and waits for the handler. It is text because it must be
 * made of the context's own objects: those of the host lead back to the host.
 */
export const sandboxSource = `(host) => {
  "use strict";
  const { now } = host;
  const text = (value) => typeof value === "string" ? value : JSON.stringify(value) ?? String(value);
  const message = (error) =>
    error !== null && typeof error === "object" && "message" in error ? error.name + ": " + error.message : String(error);
  const missing = (key) => new Error("KeyNotFound: the key value store has no key " + key);
  const store = Object.freeze({
    exists: async (key) => host.has(String(key)),
    count: async () => host.count(),
    get: async (key, options) => {
      const name = String(key);
      const format = options?.format ?? "string";
      if (!host.has(name)) throw missing(name);
      if (format === "string") return host.read(name);
      if (format === "json") return JSON.parse(host.read(name));
      if (format === "bytes") return Uint8Array.from(host.readBytes(name).match(/../g) ?? [], (byte) => parseInt(byte, 16));
      throw new TypeError("format must be string, json or bytes");
    },
  });
  const cloudfront = Object.freeze({
    kvs: () => {
      if (!host.hasStore) throw new Error("no key value store is associated with the function");
      return store;
    },
  });
  const hasher = (algorithm, key) => {
    let data = "";
    const hash = Object.freeze({
      update: (more) => { data += String(more); return hash; },
      digest: (encoding) => {
        const value = host.digest(String(algorithm), key, data, String(encoding));
        if (value === undefined) throw new TypeError("no such algorithm or encoding");
        return value;
      },
    });
    return hash;
  };
  const crypto = Object.freeze({
    createHash: (algorithm) => hasher(algorithm, undefined),
    createHmac: (algorithm, key) => hasher(algorithm, String(key)),
  });

  const RealDate = Date;
  globalThis.Date = new Proxy(RealDate, {
    construct: (real, args, target) => Reflect.construct(real, args.length === 0 ? [now] : args, target),
    apply: () => new RealDate(now).toString(),
    get: (real, name) => name === "now" ? () => now : Reflect.get(real, name),
  });
  const line = (...values) => host.log(values.map(text).join(" "));
  globalThis.console = Object.freeze({ log: line, info: line, warn: line, error: line, debug: line });
  for (const name of ["Atomics", "SharedArrayBuffer", "WebAssembly"]) delete globalThis[name];

  const event = JSON.parse(host.event);
  const leaf = event.clientCertificate?.certificates?.leaf;
  const connection = Object.assign(event, {
    clientCertInfo: event.clientCertInfo ?? (leaf === undefined ? undefined : { ...leaf }),
    allow: () => host.decide("allow"),
    deny: () => host.decide("deny"),
    logCustomData: (data) => host.custom(text(data)),
  });
  const run = (module) => {
    delete globalThis.$run;
    const handle = async () => {
      const handler = module({ cloudfront, crypto });
      if (typeof handler !== "function") throw new TypeError("the code has no function connectionHandler");
      await handler(connection);
    };
    handle().then(() => host.ended(), (error) => host.failed(message(error)));
  };
  Object.defineProperty(globalThis, "$run", { value: run, configurable: true });
}`;

/** Blank space, comments and a directive, which may stand before the imports. */
const prologue = /(?:\s|\/\/[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|(?:'use strict'|"use strict");?)*/y;
const importLine =
  /import\s+([A-Za-z_$][\w$]*)\s+from\s+(?:'(cloudfront|crypto)'|"(cloudfront|crypto)")[ \t]*;?/y;

/**
 * A function's code as a script for `$run`, line for line. The imports in its first lines become constants: node:vm
 * runs no modules. Imports of anything else, and further down, stay and are an error.
 */
export function wrapModule(code: string): string {
  let at = 0;
  let head = "";
  for (;;) {
    prologue.lastIndex = at;
    const before = prologue.exec(code)?.[0] ?? "";
    importLine.lastIndex = at + before.length;
    const found = importLine.exec(code);
    head += before;
    at += before.length;
    if (found === null) break;
    const [line, name, single, double] = found;
    const lines = line.replace(/[^\n]/g, "");
    head += `const ${name} = arguments[0].${single ?? double};${lines}`;
    at += line.length;
  }
  const exported = 'typeof connectionHandler === "function" ? connectionHandler : undefined';
  return `$run(function () { "use strict"; ${head}${code.slice(at)}\n;return ${exported}; });`;
}
