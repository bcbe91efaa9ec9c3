import { clients, edge, identities, shop, trust, url, type WrongSpec, wrong } from "./wrong-spec.ts";

/** Mistakes in what refers to it: links, populations, waves, and all at once. */
export const wrongLinks: readonly WrongSpec[] = [
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
  ),

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
  ),

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
  ),

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
  ),

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
  ),

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
  ),

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
  ),

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
  ),

  wrong("a direct probe that shows what is not declared", ["links.0.probe.direct.show"], (handfast) =>
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
            direct: {
              url,
              // @ts-expect-error no identity is named so
              show: "nobody",
            },
          },
        },
      ],
    }),
  ),

  wrong("a direct probe of clients", ["links.0.probe.direct"], (handfast) =>
    handfast.spec({
      trust,
      identities,
      verifiers: { shop },
      populations: { clients },
      links: [
        {
          from: "clients",
          to: "shop",
          probe: {
            url,
            show: "leaf",
            // @ts-expect-error clients reach the verifier themselves
            direct: { url },
          },
        },
      ],
    }),
  ),

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
  ),

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
  ),

  wrong(
    "a population issued by what is not declared",
    ["populations.clients.mayShow.issuedBy.0"],
    (handfast) =>
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
  ),

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
  ),

  wrong("a presenter with the name of a verifier", ["presenters.shop"], (handfast) =>
    handfast.spec({
      trust,
      verifiers: { shop },
      presenters: {
        // @ts-expect-error one name for two targets
        shop: {
          adapter: "cloudflare.hostname",
          zone: "zone",
          hostnames: ["a.example.com"],
          shows: "nothing",
        },
      },
      links: [],
    }),
  ),

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
  ),

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
  ),

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
  ),

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
  ),

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
        verifiers: {
          shop: {
            adapter: "aws.alb",
            listener: "arn:listener",
            // @ts-expect-error no such mode
            mode: "optional",
            trust: "edge",
          },
        },
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
  ),
];
