import { hostname, type Stack } from "../stack.ts";

/** The rollout of the demo as data, with what a test wants otherwise. */
export function writeSpec(
  stack: Stack,
  changes: {
    readonly trust?: Readonly<Record<string, unknown>>;
    readonly identities?: Readonly<Record<string, unknown>>;
    readonly verifier?: Readonly<Record<string, unknown>>;
    readonly presenter?: Readonly<Record<string, unknown>>;
    readonly links?: readonly unknown[];
  } = {},
): unknown {
  const { pki } = stack;
  return {
    trust: { edge: pki.root.trust, ...changes.trust },
    identities: { edge: pki.leaf.identity("edge-key"), ...changes.identities },
    verifiers: {
      shop: {
        adapter: "aws.alb",
        listener: stack.listener,
        mode: "required",
        trust: "edge",
        ...changes.verifier,
      },
    },
    presenters: {
      "shop-edge": {
        adapter: "cloudflare.hostname",
        zone: stack.zone,
        hostnames: [hostname],
        shows: "edge",
        ...changes.presenter,
      },
    },
    links: changes.links ?? [
      { from: "shop-edge", to: "shop", probe: { url: "https://{hostname}/", echo: "x-seen-client-cert" } },
    ],
  };
}
