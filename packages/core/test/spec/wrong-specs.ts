import type { Spec } from "../../src/spec/spec.ts";
import type { ToyDoor } from "./cases.ts";

/**
 * Specs that both gates refuse. `tsc` checks each `@ts-expect-error` where the mistake stands, and
 * `wrong-specs.test.ts` runs the very same objects, so that types and schema can't drift apart.
 */
export interface WrongSpec {
  readonly name: string;
  /** Where the issues stand, all of them, e.g. `links.0.to`. */
  readonly paths: readonly string[];
  readonly write: (handfast: ToyDoor) => Spec;
}

const trust = { edge: { anchors: { file: "ca/edge.pem" } } };
const identities = { leaf: { chain: { file: "pki/leaf.pem" }, key: { secret: "edge-key" } } } as const;
const shop = { adapter: "aws.alb", listener: "arn:listener", mode: "required", trust: "edge" } as const;
const edge = {
  adapter: "cloudflare.hostname",
  zone: "zone",
  hostnames: ["shop.example.com"],
  shows: "leaf",
} as const;
const clients = { mayShow: { issuedBy: ["edge"], nothing: true } } as const;
const url = "https://shop.example.com/";

const list: WrongSpec[] = [];

function wrong(name: string, paths: readonly string[], write: (handfast: ToyDoor) => Spec): void {
  list.push({ name, paths, write });
}

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
);

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
);

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
);

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
);

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
);

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
);

wrong("a missing field", ["verifiers.shop.listener"], (handfast) =>
  handfast.spec({
    trust,
    verifiers: {
      // @ts-expect-error listener is missing
      shop: { adapter: "aws.alb", mode: "required", trust: "edge" },
    },
    links: [],
  }),
);

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
);

wrong("required without trust", ["verifiers.shop.trust"], (handfast) =>
  handfast.spec({
    trust,
    verifiers: {
      // @ts-expect-error trust is missing
      shop: { adapter: "aws.alb", listener: "arn:listener", mode: "required" },
    },
    links: [],
  }),
);

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
);

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
);

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
);

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
);

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
);

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
);

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
);

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
);

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
);

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
);

wrong("a trust with a reserved name", ["trust.inherited"], (handfast) =>
  handfast.spec({
    trust: {
      // @ts-expect-error a reserved name
      inherited: { anchors: { file: "ca/edge.pem" } },
    },
    verifiers: {},
    links: [],
  }),
);

wrong("a trust without anchors", ["trust.edge.anchors"], (handfast) =>
  handfast.spec({
    trust: {
      // @ts-expect-error anchors are missing
      edge: { crls: [] },
    },
    verifiers: {},
    links: [],
  }),
);

wrong("a misspelt section", ["verifers"], (handfast) =>
  handfast.spec({
    trust,
    verifiers: {},
    // @ts-expect-error no such section
    verifers: {},
    links: [],
  }),
);

wrong("a missing section", ["links"], (handfast) =>
  // @ts-expect-error links are missing
  handfast.spec({ trust, verifiers: {} }),
);

wrong("a link to a verifier that is not declared", ["links.0.to"], (handfast) =>
  handfast.spec({
    trust,
    identities,
    verifiers: { shop },
    presenters: { edge },
    links: [
      {
        from: "edge",
        // @ts-expect-error shop
        to: "shp",
      },
    ],
  }),
);

wrong("a link from a presenter that is not declared", ["links.0.from"], (handfast) =>
  handfast.spec({
    trust,
    identities,
    verifiers: { shop },
    presenters: { edge },
    links: [
      {
        // @ts-expect-error edge
        from: "egde",
        to: "shop",
      },
    ],
  }),
);

wrong("a link where nothing is declared", ["links.0.from", "links.0.to"], (handfast) =>
  handfast.spec({
    trust,
    verifiers: {},
    links: [
      {
        // @ts-expect-error no presenter at all
        from: "edge",
        // @ts-expect-error no verifier at all
        to: "shop",
      },
    ],
  }),
);

wrong("a consent to a name that is not declared", ["links.0.mayRefuse.1"], (handfast) =>
  handfast.spec({
    trust,
    identities,
    verifiers: { shop },
    presenters: { edge },
    links: [
      {
        from: "edge",
        to: "shop",
        // @ts-expect-error leaf
        mayRefuse: ["nothing", "laef"],
      },
    ],
  }),
);

wrong("a consent to a name that means two things", ["links.0.mayRefuse.0"], (handfast) =>
  handfast.spec({
    trust: { leaf: { anchors: { file: "ca/edge.pem" } }, edge: { anchors: { file: "ca/edge.pem" } } },
    identities,
    verifiers: { shop },
    presenters: { edge },
    links: [
      {
        from: "edge",
        to: "shop",
        // @ts-expect-error a trust and an identity
        mayRefuse: ["leaf"],
      },
    ],
  }),
);

wrong("a probe that shows what is not declared", ["links.0.probe.show"], (handfast) =>
  handfast.spec({
    trust,
    identities,
    verifiers: { shop },
    presenters: { edge },
    links: [
      {
        from: "edge",
        to: "shop",
        probe: {
          url,
          // @ts-expect-error leaf
          show: "laef",
        },
      },
    ],
  }),
);

wrong("a population's probe that shows nothing", ["links.0.probe.show"], (handfast) =>
  handfast.spec({
    trust,
    identities,
    verifiers: { shop },
    populations: { clients },
    links: [
      {
        from: "clients",
        to: "shop",
        // @ts-expect-error show is missing
        probe: { url },
      },
    ],
  }),
);

wrong("a probe without a url", ["links.0.probe.url"], (handfast) =>
  handfast.spec({
    trust,
    identities,
    verifiers: { shop },
    presenters: { edge },
    links: [
      {
        from: "edge",
        to: "shop",
        // @ts-expect-error url is missing
        probe: { echo: "x-seen" },
      },
    ],
  }),
);

wrong("a status that is no number", ["links.0.probe.expect"], (handfast) =>
  handfast.spec({
    trust,
    identities,
    verifiers: { shop },
    presenters: { edge },
    links: [
      {
        from: "edge",
        to: "shop",
        probe: {
          url,
          // @ts-expect-error a number
          expect: "204",
        },
      },
    ],
  }),
);

wrong(
  "a population that does not say whether it may show nothing",
  ["populations.clients.mayShow.nothing"],
  (handfast) =>
    handfast.spec({
      trust,
      verifiers: {},
      populations: {
        clients: {
          // @ts-expect-error nothing has no default
          mayShow: { issuedBy: ["edge"] },
        },
      },
      links: [],
    }),
);

wrong("a population issued by what is not declared", ["populations.clients.mayShow.issuedBy.0"], (handfast) =>
  handfast.spec({
    trust,
    verifiers: {},
    populations: {
      clients: {
        mayShow: {
          // @ts-expect-error edge
          issuedBy: ["egde"],
          nothing: true,
        },
      },
    },
    links: [],
  }),
);

wrong(
  "a population with an identity that is not declared",
  ["populations.clients.mayShow.identities.0"],
  (handfast) =>
    handfast.spec({
      trust,
      identities,
      verifiers: {},
      populations: {
        clients: {
          mayShow: {
            // @ts-expect-error leaf
            identities: ["laef"],
            nothing: true,
          },
        },
      },
      links: [],
    }),
);

wrong("a presenter with the name of a verifier", ["presenters.shop"], (handfast) =>
  handfast.spec({
    trust,
    verifiers: { shop },
    presenters: {
      // @ts-expect-error one name for two targets
      shop: { adapter: "cloudflare.hostname", zone: "zone", hostnames: ["a.example.com"], shows: "nothing" },
    },
    links: [],
  }),
);

wrong("a population with the name of a presenter", ["populations.edge"], (handfast) =>
  handfast.spec({
    trust,
    identities,
    verifiers: { shop },
    presenters: { edge },
    populations: {
      // @ts-expect-error one name for two sources
      edge: { mayShow: { nothing: true } },
    },
    links: [],
  }),
);

wrong("a wave of what is not declared", ["waves.0.from.0"], (handfast) =>
  handfast.spec({
    trust,
    identities,
    verifiers: { shop },
    presenters: { edge },
    links: [],
    waves: [
      {
        name: "first",
        // @ts-expect-error edge
        from: ["egde"],
      },
      { name: "rest" },
    ],
  }),
);

wrong("a bake without a unit", ["waves.0.bake"], (handfast) =>
  handfast.spec({
    trust,
    identities,
    verifiers: { shop },
    presenters: { edge },
    links: [],
    waves: [
      {
        name: "all",
        // @ts-expect-error a unit
        bake: "30",
      },
    ],
  }),
);

wrong("a wave without a name", ["waves.0.name"], (handfast) =>
  handfast.spec({
    trust,
    identities,
    verifiers: { shop },
    presenters: { edge },
    links: [],
    waves: [
      // @ts-expect-error name is missing
      { bake: "30m" },
    ],
  }),
);

wrong(
  "mistakes in every section",
  [
    "trust.edge.anchor",
    "trust.edge.anchors",
    "identities.leaf.key.secret",
    "verifiers.shop.mode",
    "presenters.edge.shows",
    "populations.clients.mayShow.nothing",
    "links.0.to",
    "waves.0.from.0",
  ],
  (handfast) =>
    handfast.spec({
      // @ts-expect-error anchors
      trust: { edge: { anchor: { file: "ca/edge.pem" } } },
      // @ts-expect-error edge-key
      identities: { leaf: { chain: { file: "pki/leaf.pem" }, key: { secret: "edge-kee" } } },
      // @ts-expect-error no such mode
      verifiers: { shop: { adapter: "aws.alb", listener: "arn:listener", mode: "optional", trust: "edge" } },
      presenters: {
        edge: {
          adapter: "cloudflare.hostname",
          zone: "zone",
          hostnames: ["shop.example.com"],
          // @ts-expect-error leaf
          shows: "laef",
        },
      },
      // @ts-expect-error nothing has no default
      populations: { clients: { mayShow: { issuedBy: ["edge"] } } },
      // @ts-expect-error shop
      links: [{ from: "edge", to: "shp" }],
      // @ts-expect-error edge
      waves: [{ name: "first", from: ["egde"] }, { name: "rest" }],
    }),
);

export const wrongSpecs: readonly WrongSpec[] = list;
