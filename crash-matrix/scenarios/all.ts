import type { Scenario } from "../scenario.ts";
import { changes } from "./one-link.ts";

/** Every scenario, by the shard in which the tests run it: two shards take about the same time. */
export const shards: readonly (readonly Scenario[])[] = [changes];
