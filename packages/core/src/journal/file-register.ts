import { join } from "node:path";
import { type Disk, makeFolder, syncFolder, writeBeside } from "./disk.ts";
import { systemCode, unreadable, unwritable } from "./journal-errors.ts";
import type { Register } from "./register.ts";

/** How often a file may be gone again between the listing of a folder and its reading. */
const mostLooks = 50;

/**
 * So many numbers below the highest stay. A listing that runs while others swap may miss a number that comes or goes
 * under it, and must not take one for the highest that a late creator is about to remove again.
 */
const keptNumbers = 8;

/**
 * A register in a folder. Each text is a file of its own, numbered from 1: who creates the next number has swapped, and
 * one file can be created once only. (A lock that is removed and made again can't promise that:
 * moxystudio/node-proper-lockfile#121.) Old numbers are removed, never the last few; so a creator that was asleep, and
 * creates a number that was there and was removed, finds a higher one beside it and knows that it came too late.
 *
 * @param mark gives a new text at each call, one that no other process gives
 */
export function fileRegister(disk: Disk, folder: string, mark: () => string): Register {
  const list = async (): Promise<number[]> => {
    try {
      const names = await disk.readdir(folder);
      return names.filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
    } catch (error) {
      if (systemCode(error) === "ENOENT") return [];
      throw unreadable("read leases", folder, error);
    }
  };

  const readNumber = async (number: number): Promise<string | undefined> => {
    const file = join(folder, String(number));
    try {
      return await disk.readFile(file, "utf8");
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw unreadable("read leases", file, error);
    }
  };

  /** Creates a file with all its content at once. False when somebody else was first. */
  const create = async (number: number, text: string): Promise<boolean> => {
    const file = join(folder, String(number));
    let isFirst = true;
    await makeFolder(disk, folder);
    await writeBeside(disk, file, mark(), text, async (from) => {
      try {
        await disk.link(from, file);
      } catch (error) {
        if (systemCode(error) !== "EEXIST") throw error;
        isFirst = false;
      }
      await disk.unlink(from).catch(() => undefined);
    });
    // A network file system may do it, lose its own answer, and do it again.
    return isFirst || (await readNumber(number)) === text;
  };

  const remove = async (numbers: readonly number[]): Promise<void> => {
    for (const number of numbers) await disk.unlink(join(folder, String(number))).catch(() => undefined);
  };

  const highest = async (): Promise<number> => Math.max(0, ...(await list()));

  /** Number and identity of a file: in a folder that somebody emptied, the numbers begin anew. */
  const markOf = async (number: number): Promise<string | undefined> => {
    const file = join(folder, String(number));
    try {
      const { ino, mtimeMs } = await disk.stat(file);
      return `${number}-${ino}-${mtimeMs}`;
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw unreadable("read leases", file, error);
    }
  };

  return {
    where: folder,
    version: async () => {
      const last = await highest();
      return last === 0 ? undefined : await markOf(last);
    },
    read: async () => {
      for (let looks = 1; ; looks += 1) {
        const last = await highest();
        if (last === 0) return undefined;
        const version = await markOf(last);
        const text = version === undefined ? undefined : await readNumber(last);
        if (version !== undefined && text !== undefined) return { version, text };
        if (looks >= mostLooks) {
          throw unreadable("read leases", join(folder, String(last)), new Error("it comes and goes"));
        }
      }
    },
    swap: async (version, text) => {
      const next = Number.parseInt(version ?? "0", 10) + 1;
      try {
        if (!(await create(next, text))) return undefined;
        const numbers = await list();
        if (Math.max(...numbers) > next + keptNumbers) {
          await remove([next]);
          return undefined;
        }
        await syncFolder(disk, folder);
        await remove(numbers.filter((number) => number < next - keptNumbers));
        return (await markOf(next)) ?? `${next}-removed`;
      } catch (error) {
        throw unwritable("write leases", join(folder, String(next)), error);
      }
    },
  };
}
