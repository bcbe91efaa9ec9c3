import { chmod, chown, mkdir, readdir, readFile, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileJournal } from "../../src/journal/file-journal.ts";
import { codeOf, runFolder, settled } from "./run-folder.ts";
import { startProcess } from "./start-process.ts";

const nobody = 65_534;

async function permissions(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

test("fileJournal creates nothing before the first open or put", async () => {
  const dir = join(await runFolder(), "not", "yet");
  const journal = fileJournal(dir);
  expect(await codeOf(journal.read("run"))).toBe("RUN_UNKNOWN");
  expect(await journal.runs()).toEqual([]);
  expect(await journal.blobs.get("0".repeat(64))).toBeUndefined();
  await expect(stat(dir)).rejects.toMatchObject({ code: "ENOENT" });
});

test("fileJournal keeps files and folders for the owner alone", async (context) => {
  if (process.platform === "win32") {
    process.stderr.write("skipped: Windows has no permission bits\n");
    return context.skip();
  }
  const dir = join(await runFolder(), "made");
  const journal = fileJournal(dir);
  const writer = await journal.open("run");
  await writer.append(settled("a"));
  const { sha256 } = await journal.blobs.put(Buffer.from("bytes"));
  const found = await readdir(dir, { recursive: true, withFileTypes: true });
  const modes = await Promise.all(
    found.map(async (entry) => [entry.isFile(), await permissions(join(entry.parentPath, entry.name))]),
  );
  expect(found.map(({ name }) => name).toSorted()).toEqual(
    ["1", "blobs", "leases", "run.jsonl", "runs", sha256].toSorted(),
  );
  for (const [isFile, mode] of modes) expect(mode).toBe(isFile === true ? "600" : "700");
  expect(await permissions(dir)).toBe("700");
  await writer.close();
});

test("fileJournal leaves the permissions of a folder that it was given", async () => {
  const dir = await runFolder();
  await chmod(dir, 0o755);
  await (await fileJournal(dir).open("run")).close();
  expect(await permissions(dir)).toBe("755");
});

test("fileJournal writes one line of JSON for each entry and never rewrites one", async () => {
  const dir = await runFolder();
  const writer = await fileJournal(dir).open("run");
  await writer.append(settled("a"));
  const before = await readFile(join(dir, "runs", "run.jsonl"), "utf8");
  await writer.append(settled("b\n"));
  const after = await readFile(join(dir, "runs", "run.jsonl"), "utf8");
  expect(after.startsWith(before)).toBe(true);
  expect(after.split("\n")).toHaveLength(3);
  await writer.close();
});

test("fileJournal ignores files that are not its own", async () => {
  const dir = await runFolder();
  const journal = fileJournal(dir);
  const writer = await journal.open("run");
  await writer.append(settled("a"));
  await writer.close();
  for (const name of ["notes.txt", ".run.jsonl.swp", "..jsonl", "a b.jsonl"]) {
    await writeFile(join(dir, "runs", name), "{}\n");
  }
  await writeFile(join(dir, "leases", ".2.left-over"), "{");
  await writeFile(join(dir, "leases", "9~"), "{");
  expect(await journal.runs()).toEqual(["run"]);
  await (await journal.open("run")).close();
});

test("fileJournal takes a relative folder from where the process was when it was made", async () => {
  const dir = await runFolder();
  const before = process.cwd();
  const journal = (() => {
    try {
      process.chdir(dir);
      return fileJournal("journal");
    } finally {
      process.chdir(before);
    }
  })();
  await (await journal.open("run")).close();
  expect(await readdir(dir)).toEqual(["journal"]);
});

test("fileJournal refuses a path on which a file lies", async () => {
  const file = join(await runFolder(), "file");
  await writeFile(file, "mine");
  const journal = fileJournal(file);
  expect(await codeOf(journal.open("run"))).toBe("FILE_UNREADABLE");
  expect(await codeOf(journal.blobs.put(Buffer.from("a")))).toBe("JOURNAL_UNWRITABLE");
  expect(await codeOf(journal.read("run"))).toBe("FILE_UNREADABLE");
  expect(await codeOf(journal.runs())).toBe("FILE_UNREADABLE");
  expect(await readFile(file, "utf8")).toBe("mine");
});

test("open says JOURNAL_UNWRITABLE in a folder that may only be read, and read goes on working", async (context) => {
  const dir = await runFolder();
  const journal = fileJournal(dir);
  const writer = await journal.open("run");
  await writer.append(settled("a"));
  await writer.close();
  const isRoot = process.getuid?.() === 0;
  const all = ["", ...(await readdir(dir, { recursive: true }))].map((name) => join(dir, name));
  for (const path of all) {
    // Root may write anywhere, so there the journal belongs to somebody else, who may only read it.
    if (isRoot) await chown(path, nobody, nobody);
    await chmod(path, (await stat(path)).isDirectory() ? 0o500 : 0o400);
  }
  const other = await startProcess(dir, isRoot ? { user: nobody } : {});
  if (other === undefined) {
    process.stderr.write("skipped: no process of another user can be started here\n");
    return context.skip();
  }
  expect(await other.ask("open run")).toMatchObject({ code: "JOURNAL_UNWRITABLE" });
  expect(await other.ask("open new")).toMatchObject({ code: "JOURNAL_UNWRITABLE" });
  expect(await journal.read("run")).toHaveLength(1);
  for (const path of all) await chmod(path, 0o700);
});

test("open says JOURNAL_CORRUPT for leases that are damaged or of a newer format, and names the file", async () => {
  for (const text of ["", "{", '{"format":2}']) {
    const dir = await runFolder();
    const journal = fileJournal(dir);
    await (await journal.open("run")).close();
    const [last] = (await readdir(join(dir, "leases"))).toSorted((a, b) => Number(b) - Number(a));
    const file = join(dir, "leases", String(Number(last) + 1));
    await writeFile(file, text);
    const opening = journal.open("run", { force: true });
    await expect(opening).rejects.toMatchObject({
      code: "JOURNAL_CORRUPT",
      details: { file: join(dir, "leases") },
    });
    expect(await readFile(file, "utf8")).toBe(text);
  }
});

test("append refuses a file that was cut off, added to or removed behind its back", async () => {
  const changes = [
    (file: string) => writeFile(file, ""),
    (file: string) => writeFile(file, "more\n", { flag: "a" }),
    unlink,
  ];
  for (const change of changes) {
    const dir = await runFolder();
    const writer = await fileJournal(dir).open("run");
    await writer.append(settled("a"));
    await change(join(dir, "runs", "run.jsonl"));
    expect(await codeOf(writer.append(settled("b")))).toBe("JOURNAL_CORRUPT");
    await writer.close();
  }
});

test("blobs notice damage, and put mends it", async () => {
  const dir = await runFolder();
  const { blobs } = fileJournal(dir);
  const { sha256 } = await blobs.put(Buffer.from("right"));
  for (const damage of ["wrong", "", "righ"]) {
    await writeFile(join(dir, "blobs", sha256), damage);
    await expect(blobs.get(sha256)).rejects.toMatchObject({
      code: "JOURNAL_CORRUPT",
      details: { facts: { sha256 } },
    });
    await blobs.put(Buffer.from("right"));
    expect(Buffer.from((await blobs.get(sha256)) ?? []).toString()).toBe("right");
  }
});

test("blobs do not mind what a crash left beside them", async () => {
  const dir = await runFolder();
  await mkdir(join(dir, "blobs"));
  const { blobs } = fileJournal(dir);
  const { sha256 } = await blobs.put(Buffer.from("right"));
  await writeFile(join(dir, "blobs", `.${sha256}.1-0-1`), "rig");
  expect(await blobs.put(Buffer.from("right"))).toEqual({ sha256, size: 5 });
  expect((await blobs.get(sha256))?.byteLength).toBe(5);
});
