import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { nodeDisk } from "../../src/journal/disk.ts";
import { fileJournal } from "../../src/journal/file-journal.ts";
import type { ProcessTable } from "../../src/journal/process-mark.ts";
import { type RunLockSite, takeRun } from "../../src/journal/run-lock.ts";
import { faultyDisk } from "./faulty-disk.ts";
import { codeOf, runFolder, settled } from "./run-folder.ts";

/** A process of its own, on a host where those of `running` run. */
function site(folder: string, pid: number, running: ReadonlySet<number>, host = "here"): RunLockSite {
  const processes: ProcessTable = { self: { host, pid }, look: (asked) => ({ runs: running.has(asked) }) };
  let marks = 0;
  const mark = (): string => {
    marks += 1;
    return `${pid}-${marks}`;
  };
  return { disk: nodeDisk, folder, run: "run", clock: systemClock, processes, mark };
}

test("takeRun lets exactly one of many in who find the same holder dead", async () => {
  for (let round = 0; round < 30; round += 1) {
    const folder = join(await runFolder(), "run");
    const running = new Set([2, 3, 4, 5, 6, 7, 8, 9]);
    await takeRun(site(folder, 1, running));
    const tried = await Promise.allSettled([...running].map((pid) => takeRun(site(folder, pid, running))));
    const won = tried.filter((outcome) => outcome.status === "fulfilled");
    expect(won).toHaveLength(1);
    expect(won[0]?.value.generation).toBe(2);
    for (const outcome of tried) {
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "JOURNAL_HELD" });
    }
  }
});

test("takeRun lets exactly one in when another was first between its look and its taking", async () => {
  const folder = join(await runFolder(), "run");
  const running = new Set([1, 2]);
  const [slow, fast] = [site(folder, 1, running), site(folder, 2, running)];
  let isRaced = false;
  const race: typeof nodeDisk.link = async (...given) => {
    if (!isRaced) {
      isRaced = true;
      await takeRun(fast);
    }
    return nodeDisk.link(...given);
  };
  expect(await codeOf(takeRun({ ...slow, disk: { ...nodeDisk, link: race } }))).toBe("JOURNAL_HELD");
});

test("takeRun counts up at every taking, so that a later holder is told from an earlier", async () => {
  const folder = join(await runFolder(), "run");
  const running = new Set([1]);
  for (let taking = 1; taking <= 12; taking += 1) {
    const lock = await takeRun(site(folder, 1, running));
    expect(lock.generation).toBe(taking);
    await lock.release();
  }
});

test("takeRun never takes over from a holder on another host", async () => {
  const folder = join(await runFolder(), "run");
  await takeRun(site(folder, 1, new Set()));
  const refused = takeRun(site(folder, 2, new Set(), "elsewhere"));
  await expect(refused).rejects.toMatchObject({
    code: "JOURNAL_HELD",
    details: { facts: { host: "here", pid: 1 }, file: join(folder, "1") },
  });
  // The way out that the error names.
  await writeFile(join(folder, "1"), "");
  expect((await takeRun(site(folder, 2, new Set(), "elsewhere"))).generation).toBe(2);
});

test("check refuses a holder that was thought dead and taken over from", async () => {
  const folder = join(await runFolder(), "run");
  const paused = await takeRun(site(folder, 1, new Set([1])));
  await paused.check("append");
  const next = await takeRun(site(folder, 2, new Set([2])));
  expect(await codeOf(paused.check("append"))).toBe("JOURNAL_HELD");
  await next.check("append");
  await paused.release();
  expect(await codeOf(takeRun(site(folder, 3, new Set([2, 3]))))).toBe("JOURNAL_HELD");
});

test("append of a writer that was taken over from writes nothing", async () => {
  const dir = await runFolder();
  const paused = await fileJournal(dir).open("run");
  await paused.append(settled("a"));
  const folder = join(dir, "locks", "run");
  await takeRun(site(folder, 1, new Set())).catch(() => writeFile(join(folder, "1"), ""));
  const next = await fileJournal(dir).open("run");
  await next.append(settled("b"));
  expect(await codeOf(paused.append(settled("late")))).toBe("JOURNAL_HELD");
  await paused.close();
  await next.append(settled("c"));
  expect(await fileJournal(dir).read("run")).toMatchObject([{ step: "a" }, { step: "b" }, { step: "c" }]);
  await next.close();
});

test.each(["{", "null", '{"pid":1}', " "])("takeRun refuses a lock file that says %j", async (text) => {
  const folder = join(await runFolder(), "run");
  await mkdir(folder);
  await writeFile(join(folder, "1"), text);
  const refused = takeRun(site(folder, 1, new Set()));
  await expect(refused).rejects.toMatchObject({
    code: "JOURNAL_CORRUPT",
    details: { file: join(folder, "1") },
  });
});

test("takeRun knows its own file again when the answer to its making was lost", async () => {
  const folder = join(await runFolder(), "run");
  const { link } = nodeDisk;
  const twice: typeof link = async (...given) => {
    await link(...given);
    await link(...given);
  };
  const lock = await takeRun({ ...site(folder, 1, new Set([1])), disk: { ...nodeDisk, link: twice } });
  expect(lock.generation).toBe(1);
});

test("takeRun lets the run go when it can't make sure of the lock", async () => {
  const folder = join(await runFolder(), "run");
  let linked = false;
  const disk = faultyDisk((call) => {
    linked ||= call === "link";
    return linked && call === "handle.sync" ? { code: "EIO" } : undefined;
  });
  expect(await codeOf(takeRun({ ...site(folder, 1, new Set([1])), disk }))).toBe("JOURNAL_UNWRITABLE");
  expect(await readFile(join(folder, "1"), "utf8")).toBe("");
  expect(await readdir(folder)).toEqual(["1"]);
  expect((await takeRun(site(folder, 2, new Set([1, 2])))).generation).toBe(2);
});
