import type { hash as hashOnce } from "node:crypto";
import { Worker } from "node:worker_threads";

/** One key to derive from a passphrase (RFC 7292, appendix B). */
export interface KeyRequest {
  readonly digest: "sha1" | "sha256";
  /** What the bytes are for: 1 encryption key, 2 initial vector, 3 MAC key (B.3). */
  readonly purpose: 1 | 2 | 3;
  /** The passphrase as {@link bmpPassphrase} gives it. */
  readonly passphrase: Uint8Array;
  readonly salt: Uint8Array;
  readonly rounds: number;
  /** In bytes. */
  readonly size: number;
}

/**
 * Derives a key on the thread that calls (RFC 7292, B.2). For as many rounds as are due today that is up to a second;
 * {@link deriveKeys} does it elsewhere.
 *
 * It is sent to a worker as its own source text, so it names nothing but its arguments and what every thread has.
 */
export function deriveKey(request: KeyRequest, hash: typeof hashOnce): Uint8Array {
  const { digest, purpose, passphrase, salt, rounds, size } = request;
  // the block of both SHA-1 and SHA-256
  const block = 64;
  const saltSize = block * Math.ceil(salt.length / block);
  const input = new Uint8Array(saltSize + block * Math.ceil(passphrase.length / block));
  for (let at = 0; at < input.length; at += 1)
    input[at] =
      (at < saltSize ? salt[at % salt.length] : passphrase[(at - saltSize) % passphrase.length]) ?? 0;
  const key = new Uint8Array(size);
  for (let filled = 0; filled < size; ) {
    let part: Uint8Array = new Uint8Array(block + input.length);
    part.fill(purpose, 0, block);
    part.set(input, block);
    for (let round = 0; round < rounds; round += 1) part = hash(digest, part, "buffer");
    key.set(part.subarray(0, size - filled), filled);
    filled += part.length;
    // each block of the input, as a number, grows by the digest, repeated to the size of a block, and one
    for (let start = 0; start < input.length; start += block) {
      let carry = 1;
      for (let at = block - 1; at >= 0; at -= 1) {
        carry += (input[start + at] ?? 0) + (part[at % part.length] ?? 0);
        input[start + at] = carry & 0xff;
        carry >>= 8;
      }
    }
  }
  return key;
}

/** Derives keys in a thread of their own; the caller's event loop goes on meanwhile. */
export function deriveKeys(requests: readonly KeyRequest[]): Promise<Uint8Array[]> {
  const program = `
    const { parentPort, workerData } = require("node:worker_threads");
    const { hash } = require("node:crypto");
    const derive = ${deriveKey.toString()};
    parentPort.postMessage(workerData.map((request) => derive(request, hash)));`;
  return new Promise((resolve, reject) => {
    // A program as text needs no file that a bundler might leave behind; nothing of the process's set-up is run in it.
    const worker = new Worker(program, { eval: true, workerData: requests, env: {}, execArgv: [] });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the thread that derives keys ended with ${code}`)));
  });
}
