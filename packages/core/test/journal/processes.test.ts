import { expect, test } from "vitest";
import { fileJournal } from "../../src/journal/file-journal.ts";
import { codeOf, runFolder, settled } from "./run-folder.ts";
import { type JournalProcess, startProcess } from "./start-process.ts";

async function started(dir: string): Promise<JournalProcess> {
  return (await startProcess(dir)) ?? expect.fail("the process did not start");
}

test("open lets exactly one of several processes in, and after it was killed exactly one of the others", async () => {
  const dir = await runFolder();
  const rivals = await Promise.all([1, 2, 3, 4].map(() => started(dir)));
  let rest = rivals;
  for (let round = 1; round < rivals.length; round += 1) {
    const answers = await Promise.all(rest.map((rival) => rival.ask("open run")));
    const winners = rest.filter((_, index) => answers[index]?.done === "open");
    expect(winners, JSON.stringify(answers)).toHaveLength(1);
    for (const answer of answers) if (answer?.done !== "open") expect(answer?.code).toBe("JOURNAL_HELD");
    const winner = winners[0] ?? expect.fail();
    expect(answers.find((answer) => answer?.code)?.message).toContain(`process ${winner.child.pid} on `);
    expect(await winner.ask(`append ${round}`)).toEqual({ done: round - 1 });
    await winner.kill();
    rest = rest.filter((rival) => rival !== winner);
  }
  expect(await fileJournal(dir).read("run")).toMatchObject([{ step: "1" }, { step: "2" }, { step: "3" }]);
});

test("open refuses a run that a living process holds, and takes it over when that was killed", async () => {
  const dir = await runFolder();
  const other = await started(dir);
  await other.ask("open run");
  await other.ask("append theirs");
  const journal = fileJournal(dir);
  expect(await codeOf(journal.open("run"))).toBe("JOURNAL_HELD");
  await other.kill();
  const writer = await journal.open("run");
  expect(await writer.append(settled("ours"))).toMatchObject({ seq: 1 });
  await writer.close();
});

test("open lets exactly one of several processes have an object, and it is free at once when that was killed", async () => {
  const dir = await runFolder();
  const rivals = await Promise.all([1, 2, 3].map(() => started(dir)));
  let rest = rivals;
  let dead: string | undefined;
  while (rest.length > 0) {
    const runs = rest.map((rival) => `run-${rival.child.pid}`);
    const answers = await Promise.all(
      rest.map((rival, index) => rival.ask(`claim ${runs[index]}:zone,${index}`)),
    );
    const winners = rest.filter((_, index) => Array.isArray(answers[index]?.done));
    expect(winners, JSON.stringify(answers)).toHaveLength(1);
    for (const answer of answers) if (!Array.isArray(answer?.done)) expect(answer?.code).toBe("JOURNAL_HELD");
    const winner = winners[0] ?? expect.fail();
    const place = rest.indexOf(winner);
    expect(answers[place]?.done).toEqual(dead === undefined ? [] : [dead]);
    expect(await winner.ask("check")).toEqual({});
    await winner.kill();
    dead = runs[place];
    rest = rest.filter((rival) => rival !== winner);
  }
});

test("close in one process lets another in", async () => {
  const dir = await runFolder();
  const [one, two] = [await started(dir), await started(dir)];
  expect(await one.ask("open run")).toEqual({ done: "open" });
  expect((await two.ask("open run"))?.code).toBe("JOURNAL_HELD");
  await one.ask("close");
  expect(await two.ask("open run")).toEqual({ done: "open" });
  expect((await one.ask("open run"))?.code).toBe("JOURNAL_HELD");
});

test("append loses nothing that it answered for when the process is killed in the midst of it", async () => {
  const dir = await runFolder();
  let kept = 0;
  for (let round = 0; round < 4; round += 1) {
    const other = await started(dir);
    expect(await other.ask("open run")).toEqual({ done: "open" });
    other.tell("flood 20000");
    let answered = kept;
    for (let count = 0; count < 5 + round * 7; count += 1) answered = ((await other.next())?.seq ?? -1) + 1;
    await other.kill();
    for (let more = await other.next(); more !== undefined; more = await other.next()) {
      answered = (more.seq ?? -1) + 1;
    }
    const entries = await fileJournal(dir).read("run");
    expect(entries.length).toBeGreaterThanOrEqual(answered);
    expect(entries.length).toBeLessThanOrEqual(answered + 1);
    kept = entries.length;
  }
});

test("append says so when the system writes only a part, and the next writer goes on behind what was whole", async (context) => {
  const dir = await runFolder();
  const other = await startProcess(dir, { fileBlocks: 64 });
  if (other === undefined) {
    process.stderr.write("skipped: no shell with ulimit -f here\n");
    return context.skip();
  }
  await other.ask("open run");
  other.tell("flood 900");
  let taken = 0;
  let answer = await other.next();
  for (; answer?.seq !== undefined; answer = await other.next()) taken += 1;
  expect(answer).toMatchObject({ code: "JOURNAL_UNWRITABLE" });
  expect(answer?.message).toContain("EFBIG");
  expect((await other.ask("append again"))?.code).toBe("JOURNAL_UNWRITABLE");
  expect(await other.ask("close")).toEqual({});
  const journal = fileJournal(dir);
  expect(taken).toBeGreaterThan(10);
  expect(await journal.read("run")).toHaveLength(taken);
  const writer = await journal.open("run");
  expect(await writer.append(settled("next"))).toMatchObject({ seq: taken });
  await writer.close();
  expect(await journal.read("run")).toHaveLength(taken + 1);
});
