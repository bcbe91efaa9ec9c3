import { shards } from "../scenarios/all.ts";
import { holdShard } from "./hold-shard.ts";

holdShard(shards[1] ?? []);
