import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Disk, nodeDisk } from "../../src/journal/disk.ts";
import { fileRegister } from "../../src/journal/file-register.ts";
import { type Fault, faultyDisk } from "./faulty-disk.ts";
import { codeOf, runFolder } from "./run-folder.ts";

let marks = 0;

function registerIn(folder: string, disk: Disk = nodeDisk) {
  return fileRegister(disk, folder, () => {
    marks += 1;
    return `mark-${marks}`;
  });
}

/** A register that can be stopped right before, or right after, it creates a file. */
function stoppable(folder: string, where: "before" | "after") {
  let reached: () => void = () => undefined;
  let goOn: () => void = () => undefined;
  const isThere = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const mayGo = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const link: Disk["link"] = async (from, to) => {
    if (where === "after") await nodeDisk.link(from, to);
    reached();
    await mayGo;
    if (where === "before") await nodeDisk.link(from, to);
  };
  return { register: registerIn(folder, { ...nodeDisk, link }), isThere, goOn: () => goOn() };
}

async function swapTimes(folder: string, times: number): Promise<void> {
  const register = registerIn(folder);
  for (let count = 0; count < times; count += 1) {
    const found = await register.read();
    expect(await register.swap(found?.version, `more ${count}`)).toBeDefined();
  }
}

const numbersIn = async (folder: string): Promise<readonly number[]> =>
  (await readdir(folder)).filter((name) => !name.startsWith(".")).map(Number);

/** A version with this number, whatever else names the file. */
const numbered = (number: number): unknown => expect.stringMatching(new RegExp(`^${number}-`));

test("fileRegister tells a table that somebody deleted from the one that begins anew with the same numbers", async () => {
  const folder = join(await runFolder(), "leases");
  await swapTimes(folder, 3);
  const before = await registerIn(folder).version();
  await rm(folder, { recursive: true });
  await swapTimes(folder, 3);
  expect(before).toEqual(numbered(3));
  expect(await registerIn(folder).version()).toEqual(numbered(3));
  expect(await registerIn(folder).version()).not.toBe(before);
});

test("fileRegister lets exactly one of many swap the same version, from the first on", async () => {
  const folder = join(await runFolder(), "leases");
  for (let round = 0; round < 5; round += 1) {
    const version = await registerIn(folder).version();
    const texts = Array.from({ length: 10 }, (_, index) => `round ${round} by ${index}`);
    const answers = await Promise.all(texts.map((text) => registerIn(folder).swap(version, text)));
    const winners = texts.filter((_, index) => answers[index] !== undefined);
    expect(winners).toHaveLength(1);
    expect(await registerIn(folder).read()).toEqual({ version: numbered(round + 1), text: winners[0] });
  }
});

test("fileRegister keeps few files", async () => {
  const folder = join(await runFolder(), "leases");
  await swapTimes(folder, 40);
  const numbers = await numbersIn(folder);
  expect(Math.max(...numbers)).toBe(40);
  expect(numbers.length).toBeLessThan(12);
});

test.each([1, 5, 30])("fileRegister refuses a creator that slept while %s others swapped", async (others) => {
  const folder = join(await runFolder(), "leases");
  await swapTimes(folder, 3);
  const sleeper = stoppable(folder, "before");
  const late = sleeper.register.swap("3", "late");
  await sleeper.isThere;
  await swapTimes(folder, others);
  const newest = await registerIn(folder).read();
  sleeper.goOn();
  expect(await late).toBeUndefined();
  expect(await registerIn(folder).read()).toEqual(newest);
  expect(Math.max(...(await numbersIn(folder)))).toBe(3 + others);
  await swapTimes(folder, 1);
});

test("fileRegister knows its swap for done when others went on from it before it looked", async () => {
  const folder = join(await runFolder(), "leases");
  await swapTimes(folder, 3);
  const sleeper = stoppable(folder, "after");
  const done = sleeper.register.swap("3", "mine");
  await sleeper.isThere;
  expect((await registerIn(folder).read())?.text).toBe("mine");
  await swapTimes(folder, 5);
  sleeper.goOn();
  expect(await done).toEqual(numbered(4));
});

test("fileRegister knows its own file again when a network disk says that it exists already", async () => {
  const folder = join(await runFolder(), "leases");
  const exists = Object.assign(new Error("EEXIST: file already exists"), { code: "EEXIST" });
  const link: Disk["link"] = async (from, to) => {
    await nodeDisk.link(from, to);
    throw exists;
  };
  expect(await registerIn(folder, { ...nodeDisk, link }).swap(undefined, "mine")).toEqual(numbered(1));
  expect(await registerIn(folder, { ...nodeDisk, link }).swap(undefined, "other")).toBeUndefined();
});

test("fileRegister ignores names that are none of its own", async () => {
  const folder = join(await runFolder(), "leases");
  await swapTimes(folder, 2);
  for (const name of ["03", "0", "9~", ".9.mark", "nine"]) await writeFile(join(folder, name), "stray");
  expect(await registerIn(folder).version()).toEqual(numbered(2));
});

test("swap and read say what failed, at whichever call to the disk", async () => {
  const count = async (fail: (nth: number) => Fault): Promise<readonly string[]> => {
    const folder = join(await runFolder(), "leases");
    await swapTimes(folder, 12);
    const calls: string[] = [];
    const disk = faultyDisk((call, nth) => {
      calls.push(call);
      return fail(nth);
    });
    const register = registerIn(folder, disk);
    const outcomes = [await codeOf(register.read()), await codeOf(register.swap("12", "next"))];
    for (const code of outcomes) expect(["none", "FILE_UNREADABLE", "JOURNAL_UNWRITABLE"]).toContain(code);
    // whatever came of it, the register is one of the two texts and can be swapped on
    const found = await registerIn(folder).read();
    expect(["more 11", "next"]).toContain(found?.text);
    expect(await registerIn(folder).swap(found?.version, "on")).toBeDefined();
    return calls;
  };
  const calls = await count(() => undefined);
  for (const code of ["ENOSPC", "EIO"]) {
    for (const index of calls.keys()) await count((nth) => (nth === index + 1 ? { code } : undefined));
  }
});
