import { expect, test } from "vitest";
import {
  isGone,
  type ProcessMark,
  type ProcessTable,
  systemProcesses,
} from "../../src/journal/process-mark.ts";

const self: ProcessMark = { host: "a", pid: 10, machine: "m", boot: "b1", space: "s1", born: "500" };
const table: ProcessTable = {
  self,
  look: (pid) => (pid === 10 || pid === 11 ? { runs: true, born: "500" } : { runs: false }),
};
const { machine: _, boot: __, space: ___, born: ____, ...plain } = self;

const cases: readonly (readonly [string, boolean, ProcessMark])[] = [
  ["itself", false, self],
  ["a living neighbour", false, { ...self, pid: 11 }],
  ["a dead neighbour", true, { ...self, pid: 12 }],
  ["an earlier process with the same id", true, { ...self, born: "400" }],
  ["one on another host", false, { ...self, host: "b", pid: 12 }],
  ["one before a restart of the machine", true, { ...self, boot: "b0", pid: 11 }],
  ["one on another machine of the same name", false, { ...self, boot: "b0", machine: "n", pid: 12 }],
  [
    "one on a nameless machine that booted at another time",
    false,
    { ...self, boot: "b0", machine: undefined, pid: 12 },
  ],
  ["one in another container", false, { ...self, space: "s2", pid: 12 }],
  ["one that left no start time and whose id is in use", false, { ...self, pid: 11, born: undefined }],
  ["one that left its id alone, seen from a system that tells more", false, { ...plain, pid: 12 }],
];

test.each(cases)("isGone, of %s, is %s", (_name, gone, mark) => {
  expect(isGone(mark, table)).toBe(gone);
});

test("isGone works from process ids alone where the system tells no more", () => {
  const bare: ProcessTable = { self: plain, look: (pid) => ({ runs: pid === 10 }) };
  expect(isGone(plain, bare)).toBe(false);
  expect(isGone({ ...plain, pid: 12 }, bare)).toBe(true);
});

test("systemProcesses knows this process, and that no process has the id 2^22 + 1", () => {
  const processes = systemProcesses();
  expect(processes.self.pid).toBe(process.pid);
  expect(isGone(processes.self, processes)).toBe(false);
  // pid_max(5) is 2^22 at most.
  expect(isGone({ ...processes.self, pid: 4_194_305 }, processes)).toBe(true);
});

test("systemProcesses tells a process from an earlier one with its id", (context) => {
  if (process.platform !== "linux") {
    process.stderr.write("skipped: start times are read on Linux only\n");
    return context.skip();
  }
  const processes = systemProcesses();
  expect(processes.self.born).toMatch(/^\d+$/);
  expect(isGone({ ...processes.self, born: "1" }, processes)).toBe(true);
});
