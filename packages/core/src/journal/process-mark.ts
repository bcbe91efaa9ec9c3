import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";

/**
 * What tells a process from all others. A process id alone does not: it is used again, after a restart of a container
 * at once. The optional fields exist on Linux.
 */
export const processMarkSchema = z.object({
  host: z.string(),
  pid: z.int(),
  /** The installation of the operating system (machine-id(5)). */
  machine: z.string().optional(),
  /** The boot of the kernel (proc_sys_kernel(5), random/boot_id). */
  boot: z.string().optional(),
  /** The namespace in which `pid` counts (pid_namespaces(7)). */
  space: z.string().optional(),
  /** When the process started, in ticks since the boot (proc_pid_stat(5), starttime). */
  born: z.string().optional(),
});

export type ProcessMark = Readonly<z.infer<typeof processMarkSchema>>;

/** What can be known of the processes of this host. */
export interface ProcessTable {
  readonly self: ProcessMark;
  /** Whether a process with this id runs here now, and when it started, where that can be known. */
  look(pid: number): { readonly runs: boolean; readonly born?: string | undefined };
}

/**
 * Whether a process is gone for certain. False for one that lives, and for one that can't be judged from here: another
 * host, another container.
 */
export function isGone(mark: ProcessMark, { self, look }: ProcessTable): boolean {
  if (mark.host !== self.host) return false;
  // The same machine after a restart; or, by the machine's id, another one of the same name.
  if (mark.boot !== self.boot) return mark.machine !== undefined && mark.machine === self.machine;
  if (mark.space !== self.space) return false;
  const { runs, born } = look(mark.pid);
  return !runs || (born !== undefined && mark.born !== undefined && born !== mark.born);
}

/** The processes of the machine that this runs on. */
export function systemProcesses(): ProcessTable {
  return {
    self: {
      host: hostname(),
      pid: process.pid,
      machine: readText("/etc/machine-id"),
      boot: readText("/proc/sys/kernel/random/boot_id"),
      space: attempt(() => readlinkSync("/proc/self/ns/pid")),
      born: look(process.pid).born,
    },
    look,
  };
}

function look(pid: number): { readonly runs: boolean; readonly born?: string | undefined } {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, and belongs to somebody else.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return { runs: false };
  }
  // The second field is the program's name in brackets and may hold anything; state is the third, starttime the 22nd.
  const fields = readText(`/proc/${pid}/stat`)
    ?.replace(/^.*\)\s*/s, "")
    .split(" ");
  const state = fields?.[0];
  return { runs: state !== "Z" && state !== "X", born: fields?.[19] };
}

function readText(path: string): string | undefined {
  return attempt(() => readFileSync(path, "utf8").trim()) || undefined;
}

function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
