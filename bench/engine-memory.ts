/** `node engine-memory.ts <hostnames>`: plans and applies one rollout; writes by how many megabytes that made it grow. */
import { memoryJournal } from "@handfast/core";
import { jumpingClock, makeMaterial, makeRollout } from "./rollout.ts";

const clock = jumpingClock();
const rollout = makeRollout(await makeMaterial(), Number(process.argv[2]), memoryJournal({ clock }), clock);
globalThis.gc?.();
const before = process.memoryUsage.rss();
const { status } = await rollout.apply(await rollout.plan());
if (status !== "done") throw new Error(`the run is ${status}`);
const peak = process.resourceUsage().maxRSS * 1_024;
process.stdout.write(String((peak - before) / 1e6));
