import { access, link, mkdir, open, readdir, readFile, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * The few calls of node:fs/promises that a file journal makes. A test passes its own to fill a disk, or to pull the
 * plug, at a call of its choice.
 */
export interface Disk {
  readonly access: typeof access;
  readonly link: typeof link;
  readonly mkdir: typeof mkdir;
  readonly open: typeof open;
  readonly readdir: typeof readdir;
  readonly readFile: typeof readFile;
  readonly rename: typeof rename;
  readonly stat: typeof stat;
  readonly unlink: typeof unlink;
}

/** The machine's own disk. */
export const nodeDisk: Disk = { access, link, mkdir, open, readdir, readFile, rename, stat, unlink };

/** Makes a folder and those above it, for the owner alone, so that they outlast a loss of power. */
export async function makeFolder(disk: Disk, folder: string): Promise<void> {
  const first = await disk.mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length && made !== dirname(made); made = dirname(made)) {
    await syncFolder(disk, dirname(made));
  }
}

/** Makes what was created or renamed in a folder outlast a loss of power. Windows has no such call and needs none. */
export async function syncFolder(disk: Disk, folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await disk.open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file beside its place, down to the disk, and lets `place` put it there in one act: nobody ever sees half of
 * it under its name. What is left of it after a crash starts with a dot and means nothing.
 *
 * @param mark tells this write from all others that may be under way
 */
export async function writeBeside(
  disk: Disk,
  file: string,
  mark: string,
  bytes: string | Uint8Array,
  place: (from: string) => Promise<void>,
): Promise<void> {
  const from = join(dirname(file), `.${basename(file)}.${mark}`);
  try {
    const handle = await disk.open(from, "wx", 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await place(from);
  } catch (error) {
    await disk.unlink(from).catch(() => undefined);
    throw error;
  }
}
