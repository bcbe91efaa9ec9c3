import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Clock } from "@handfast/core";
import type { ConnectionRecord } from "../../data-plane/balancer-node.ts";
import { connectionLogLine } from "../../data-plane/connection-log-line.ts";
import type { Elbv2Settings } from "./call.ts";
import { logsOf } from "./load-balancer-attributes.ts";
import type { Elbv2Models } from "./models.ts";
import type { WriteLog } from "./write-log.ts";

/** What {@link connectionLogs} is made of. */
export interface ConnectionLogsOptions {
  readonly models: Elbv2Models;
  readonly settings: Elbv2Settings;
  readonly clock: Clock;
  readonly write: WriteLog;
}

const intervalMs = 300_000;

/**
 * Collects what nodes see, and delivers it as real load balancers do: one file for each node and five minutes of the clock,
 * late, and not at all when the bucket refuses it by then.
 */
export function connectionLogs({
  models,
  settings,
  clock,
  write,
}: ConnectionLogsOptions): (listenerArn: string) => (entry: ConnectionRecord) => void {
  /** Lines by the interval of a load balancer, then by node. */
  const open = new Map<string, Map<number, string[]>>();
  let issued = 0;
  const nextId = (): string => {
    issued += 1;
    return createHash("sha256").update(`connection log ${issued}`).digest("hex").slice(0, 32);
  };

  const deliver = (balancerArn: string, end: number, lines: ReadonlyMap<number, readonly string[]>): void => {
    const balancer = models.now().loadBalancers.get(balancerArn);
    const to = balancer === undefined ? undefined : logsOf(balancer);
    if (to === undefined) return;
    const { accountId, region } = settings;
    const delivered = new Date(clock.now()).toISOString().slice(0, 10).replaceAll("-", "/");
    const ended = new Date(end).toISOString().replaceAll(/:\d\d\.000|[-:]/g, "");
    const id = pathOf(balancerArn).replaceAll("/", ".");
    for (const [node, some] of lines) {
      const name = `conn_log_${accountId}_elasticloadbalancing_${region}_${id}_${ended}_${ipOf(node)}_${nextId().slice(0, 8)}.log.gz`;
      const key = `${to.folder}/${accountId}/elasticloadbalancing/${region}/${delivered}/${name}`;
      write(balancerArn, to.bucket, key, new Uint8Array(gzipSync(some.map((line) => `${line}\n`).join(""))));
    }
  };

  return (listenerArn) => (entry) => {
    const listener = models.now().listeners.get(listenerArn);
    const balancer = models.now().loadBalancers.get(listener?.loadBalancerArn ?? "");
    if (listener === undefined || balancer === undefined || logsOf(balancer) === undefined) return;
    const end = (Math.floor(entry.at / intervalMs) + 1) * intervalMs;
    const key = `${balancer.arn} ${end}`;
    let interval = open.get(key);
    if (interval === undefined) {
      const lines = new Map<number, string[]>();
      interval = lines;
      open.set(key, lines);
      void clock.sleep(end + settings.lags.logs - clock.now()).then(() => {
        open.delete(key);
        deliver(balancer.arn, end, lines);
      });
    }
    const lines = interval.get(entry.node) ?? [];
    interval.set(entry.node, lines);
    const place = { port: listener.port, balancer: pathOf(balancer.arn), ip: ipOf(entry.node) };
    lines.push(connectionLogLine(entry, { ...place, traceId: `TID_${nextId()}` }));
  };
}

/** `app/<name>/<id>`. */
function pathOf(balancerArn: string): string {
  return balancerArn.slice(balancerArn.indexOf("/") + 1);
}

function ipOf(node: number): string {
  return `192.0.2.${node + 1}`;
}
