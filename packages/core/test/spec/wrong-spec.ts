import type { Spec } from "../../src/spec/spec.ts";
import type { ToyDoor } from "./cases.ts";

/** A spec that both gates refuse: the compiler at its `@ts-expect-error`, the parser at run time. */
export interface WrongSpec {
  readonly name: string;
  /** Where the issues stand, all of them, e.g. `links.0.to`. */
  readonly paths: readonly string[];
  readonly write: (handfast: ToyDoor) => Spec;
}

/** Keeps the literal inside a call of `spec`, so that the compiler sees the very object that is run. */
export function wrong(name: string, paths: readonly string[], write: (handfast: ToyDoor) => Spec): WrongSpec {
  return { name, paths, write };
}

export const trust = { edge: { anchors: { file: "ca/edge.pem" } } };
export const identities = { leaf: { chain: { file: "pki/leaf.pem" }, key: { secret: "edge-key" } } } as const;
export const shop = {
  adapter: "aws.alb",
  listener: "arn:listener",
  mode: "required",
  trust: "edge",
} as const;
export const edge = {
  adapter: "cloudflare.hostname",
  zone: "zone",
  hostnames: ["shop.example.com"],
  shows: "leaf",
} as const;
export const clients = { mayShow: { issuedBy: ["edge"], nothing: true } } as const;
export const url = "https://shop.example.com/";
