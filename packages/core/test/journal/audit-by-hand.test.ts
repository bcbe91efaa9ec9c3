import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { sha256 } from "../../src/certificate/digest.ts";
import { auditOf } from "../../src/journal/audit.ts";
import { fileJournal } from "../../src/journal/file-journal.ts";
import { jumpingClock } from "../fixtures/shop.ts";
import { runFolder, settled } from "./run-folder.ts";

const document = await readFile(join(import.meta.dirname, "../../../../docs/audit.md"), "utf8");
const commands = [...document.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
const run = /runs\/(\S+)\.jsonl/.exec(document)?.[1] as string;

/** Runs a command as the document has it, in a folder with a journal of three entries. */
async function prepare() {
  const cwd = await runFolder();
  const journal = fileJournal(join(cwd, ".handfast"));
  await using writer = await journal.open(run);
  // together, so that they go out in one write
  await Promise.all(["one", "zwölf", "three"].map((step) => writer.append(settled(step))));
  const audit = await auditOf(journal, jumpingClock());
  await writeFile(join(cwd, "audit.json"), JSON.stringify(audit, undefined, 2));
  const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
  const shell = async (command: string | undefined): Promise<string> => {
    const { stdout } = await promisify(execFile)("sh", ["-c", command ?? "exit 9"], {
      cwd,
      env: { PATH },
    });
    return stdout.trim();
  };
  return { shell, file: join(cwd, ".handfast", "runs", `${run}.jsonl`), audit };
}

const isPosix = process.platform !== "win32";

test.runIf(isPosix)("docs/audit.md checks a chain, and prints the head that the audit has", async () => {
  const { shell, audit, file } = await prepare();
  expect(commands).toHaveLength(3);
  const [whole] = audit.runs;
  expect(whole).toMatchObject({ entries: 3, head: expect.any(String) });
  const { head = "" } = whole as { head?: string };
  expect(await shell(commands[0])).toBe(`3 ${head}`);
  await writeFile(file, `${await readFile(file, "utf8")}{"torn":`);
  expect(await shell(commands[0])).toBe(`3 ${head}`);
});

test.runIf(isPosix)(
  "docs/audit.md finds a line that was changed, one that is gone, and one that moved",
  async () => {
    const { shell, file } = await prepare();
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
    const [first = "", second = "", third = ""] = lines;
    const wrong: readonly (readonly [readonly string[], number])[] = [
      [[first, second.replace("zwölf", "elf"), third], 3],
      [[first, third], 2],
      [[second, third], 1],
      [[first, third, second], 2],
    ];
    for (const [changed, line] of wrong) {
      await writeFile(file, `${changed.join("\n")}\n`);
      await expect(shell(commands[0])).rejects.toThrow(`the chain breaks at line ${line}`);
    }
  },
);

test.runIf(isPosix)("docs/audit.md prints the digest of one line", async (context) => {
  const { shell, file } = await prepare();
  if ((await shell("command -v sha256sum || true")) === "") return context.skip("no sha256sum");
  const third = (await readFile(file, "utf8")).split("\n")[2] as string;
  expect(third).toMatch(/^ \{/);
  expect(await shell(commands[1])).toMatch(new RegExp(`^${sha256(third.trim())} `));
});

test.runIf(isPosix)("docs/audit.md prints the head of a stored audit", async () => {
  const { shell, audit } = await prepare();
  expect(await shell(commands[2])).toBe(audit.head);
});
