import { identities, trust, type WrongSpec, wrong } from "./wrong-spec.ts";

/** Mistakes in what is declared. */
export const wrongEntries: readonly WrongSpec[] = [
  wrong("a mode that the adapter lacks", ["verifiers.shop.mode"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {
        shop: {
          adapter: "aws.alb",
          listener: "arn:listener",
          // @ts-expect-error an ALB has no optional mode
          mode: "optional",
          trust: "edge",
        },
      },
      links: [],
    }),
  ),

  wrong("a mode that is no text", ["verifiers.shop.mode"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {
        shop: {
          adapter: "aws.alb",
          listener: "arn:listener",
          // @ts-expect-error what a YAML reader makes of a bare off
          mode: false,
        },
      },
      links: [],
    }),
  ),

  wrong("a misspelt adapter", ["verifiers.shop.adapter"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {
        shop: {
          // @ts-expect-error aws.alb
          adapter: "aws.abl",
          listener: "arn:listener",
          mode: "required",
          trust: "edge",
        },
      },
      links: [],
    }),
  ),

  wrong("a presenter's adapter under verifiers", ["verifiers.shop.adapter"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {
        shop: {
          // @ts-expect-error one adapter has one role
          adapter: "cloudflare.hostname",
          zone: "zone",
          hostnames: ["shop.example.com"],
        },
      },
      links: [],
    }),
  ),

  wrong("a verifier's adapter under presenters", ["presenters.shop.adapter"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {},
      presenters: {
        shop: {
          // @ts-expect-error one adapter has one role
          adapter: "aws.alb",
          listener: "arn:listener",
          shows: "nothing",
        },
      },
      links: [],
    }),
  ),

  wrong("a field that the adapter lacks", ["verifiers.shop.lisener"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {
        shop: {
          adapter: "aws.alb",
          listener: "arn:listener",
          // @ts-expect-error no such field
          lisener: "arn:listener",
          mode: "required",
          trust: "edge",
        },
      },
      links: [],
    }),
  ),

  wrong("a missing field", ["verifiers.shop.listener"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {
        // @ts-expect-error listener is missing
        shop: { adapter: "aws.alb", mode: "required", trust: "edge" },
      },
      links: [],
    }),
  ),

  wrong("a field of the wrong kind", ["presenters.edge.hostnames"], (handfast) =>
    handfast.spec({
      trust,
      identities,
      verifiers: {},
      presenters: {
        edge: {
          adapter: "cloudflare.hostname",
          zone: "zone",
          // @ts-expect-error a list
          hostnames: "shop.example.com",
          shows: "leaf",
        },
      },
      links: [],
    }),
  ),

  wrong("required without trust", ["verifiers.shop.trust"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {
        // @ts-expect-error trust is missing
        shop: { adapter: "aws.alb", listener: "arn:listener", mode: "required" },
      },
      links: [],
    }),
  ),

  wrong("a trust that is not declared", ["verifiers.shop.trust"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {
        shop: {
          adapter: "aws.alb",
          listener: "arn:listener",
          mode: "required",
          // @ts-expect-error edge
          trust: "egde",
        },
      },
      links: [],
    }),
  ),

  wrong("a trust that is not declared, in a list", ["verifiers.shop.trust.1"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {
        shop: {
          adapter: "aws.alb",
          listener: "arn:listener",
          mode: "required",
          // @ts-expect-error edge
          trust: ["edge", "egde"],
        },
      },
      links: [],
    }),
  ),

  wrong("withoutCrls where CRLs are taken", ["verifiers.shop.withoutCrls"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {
        shop: {
          adapter: "aws.alb",
          listener: "arn:listener",
          mode: "required",
          trust: "edge",
          // @ts-expect-error an ALB takes CRLs
          withoutCrls: "agreed",
        },
      },
      links: [],
    }),
  ),

  wrong("withoutCrls that is no consent", ["verifiers.web.withoutCrls"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {
        web: {
          adapter: "aws.cloudfront-viewer",
          distribution: "E2",
          mode: "required",
          trust: "edge",
          // @ts-expect-error "agreed"
          withoutCrls: true,
        },
      },
      links: [],
    }),
  ),

  wrong("mayWeaken that is no consent", ["verifiers.shop.mayWeaken"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {
        shop: {
          adapter: "aws.alb",
          listener: "arn:listener",
          mode: "required",
          trust: "edge",
          // @ts-expect-error "agreed"
          mayWeaken: true,
        },
      },
      links: [],
    }),
  ),

  wrong("mayDropEarly that is no consent", ["verifiers.shop.mayDropEarly"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {
        shop: {
          adapter: "aws.alb",
          listener: "arn:listener",
          mode: "required",
          trust: "edge",
          // @ts-expect-error "agreed"
          mayDropEarly: "yes",
        },
      },
      links: [],
    }),
  ),

  wrong("mayMixWaves that is no consent", ["verifiers.shop.mayMixWaves"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {
        shop: {
          adapter: "aws.alb",
          listener: "arn:listener",
          mode: "required",
          trust: "edge",
          // @ts-expect-error "agreed"
          mayMixWaves: true,
        },
      },
      links: [],
    }),
  ),

  wrong("an identity that is not declared", ["presenters.edge.shows"], (handfast) =>
    handfast.spec({
      trust,
      identities,
      verifiers: {},
      presenters: {
        edge: {
          adapter: "cloudflare.hostname",
          zone: "zone",
          hostnames: ["shop.example.com"],
          // @ts-expect-error leaf
          shows: "laef",
        },
      },
      links: [],
    }),
  ),

  wrong("inherited where there is nothing to inherit from", ["presenters.cdn.shows"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {},
      presenters: {
        cdn: {
          adapter: "aws.cloudfront-origin",
          distribution: "E2",
          origin: "api",
          // @ts-expect-error CloudFront has no level above
          shows: "inherited",
        },
      },
      links: [],
    }),
  ),

  wrong("a secret that was not given", ["identities.leaf.key.secret"], (handfast) =>
    handfast.spec({
      trust,
      identities: {
        leaf: {
          chain: { file: "pki/leaf.pem" },
          // @ts-expect-error edge-key
          key: { secret: "edge-kee" },
        },
      },
      verifiers: {},
      links: [],
    }),
  ),

  wrong("an identity with a reserved name", ["identities.nothing"], (handfast) =>
    handfast.spec({
      trust,
      identities: {
        // @ts-expect-error shows: "nothing" would mean two things
        nothing: { chain: { file: "pki/leaf.pem" }, key: { secret: "edge-key" } },
      },
      verifiers: {},
      links: [],
    }),
  ),

  wrong("a trust with a reserved name", ["trust.inherited"], (handfast) =>
    handfast.spec({
      trust: {
        // @ts-expect-error a reserved name
        inherited: { anchors: { file: "ca/edge.pem" } },
      },
      verifiers: {},
      links: [],
    }),
  ),

  wrong("a trust without anchors", ["trust.edge.anchors"], (handfast) =>
    handfast.spec({
      trust: {
        // @ts-expect-error anchors are missing
        edge: { crls: [] },
      },
      verifiers: {},
      links: [],
    }),
  ),

  wrong("a misspelt section", ["verifers"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: {},
      // @ts-expect-error no such section
      verifers: {},
      links: [],
    }),
  ),

  wrong("a missing section", ["links"], (handfast) =>
    // @ts-expect-error links are missing
    handfast.spec({ trust, verifiers: {} }),
  ),
];
