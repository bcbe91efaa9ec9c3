/**
 * `node pki-crl-process.ts write|read <folder> <entries>`: what openssl's `ca -gencrl` and `crl -text` do, in a process of
 * its own. Writes JSON: milliseconds of processor time and the peak of its memory in megabytes, from the moment at which
 * the SDK was loaded: from TypeScript, which takes a second and 80 MB that no list has to do with.
 */
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crlChunks, openAuthority, readCrl, readKey } from "@handfast/pki";
import { revokedStream } from "./revoked.ts";

/** What Node takes without any module, which counts. */
const bareNode = 45;
const megabytes = (): number => (process.resourceUsage().maxRSS * 1_024) / 1e6;
const start = { time: process.cpuUsage(), megabytes: megabytes() - bareNode };
const [task, folder = "", count] = process.argv.slice(2);
const list = join(folder, "ours.pem");
if (task === "write") {
  const authority = openAuthority({
    certificate: await readFile(join(folder, "ca.crt"), "utf8"),
    key: readKey(await readFile(join(folder, "ca.key"), "utf8")),
  });
  const crl = await authority.createCrl({ revoked: revokedStream(Number(count)), number: 1 });
  await writeFile(list, crlChunks(crl));
} else {
  const { size } = readCrl(readFileSync(list)).facts.revoked;
  if (size !== Number(count)) throw new Error(`${size} entries are read`);
}
const { user, system } = process.cpuUsage(start.time);
process.stdout.write(
  JSON.stringify({ ms: (user + system) / 1_000, megabytes: megabytes() - start.megabytes }),
);
