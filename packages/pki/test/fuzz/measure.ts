/** Run by itself: reads hostile files of a given size, and tells what each cost in memory beyond what there was. */
import { hostile } from "./hostile.ts";
import { outcomeOf, readers } from "./readers.ts";

const bytes = Number(process.argv[2]);
for (const read of Object.values(readers))
  for (const make of Object.values(hostile)) outcomeOf(read, make(2_000));
globalThis.gc?.();

const worst: Record<string, number> = {};
for (const [pattern, make] of Object.entries(hostile)) {
  const input = make(bytes);
  for (const [name, read] of Object.entries(readers)) {
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    outcomeOf(read, input);
    worst[`${name}, ${pattern}`] = process.memoryUsage.rss() - before;
  }
}
process.stdout.write(JSON.stringify({ worst, peak: process.resourceUsage().maxRSS * 1024 }));
