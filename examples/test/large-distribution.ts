import type { NewBehaviour, NewDistribution, NewOrigin } from "@handfast/testing";

const count = (length: number): readonly number[] => Array.from({ length }, (_, index) => index + 1);

const origins: readonly NewOrigin[] = [
  ...count(11).map(
    (number): NewOrigin => ({
      id: `service-${number}`,
      domainName: `service-${number}.internal.example.com`,
      path: number % 3 === 0 ? `/v${number}` : undefined,
      httpsPort: 8_000 + number,
      customHeaders: { "X-Origin-Secret": `secret & <${number}>`, "X-Team": `team-${number}` },
      shielded: number === 4,
      extra:
        number === 2 ? "<RetryBudget><Attempts>7</Attempts><!-- asked for by finance --></RetryBudget>" : "",
    }),
  ),
  { id: "site", kind: "s3", domainName: "site-bucket.s3.eu-west-1.amazonaws.com" },
];

const behaviours: readonly NewBehaviour[] = [
  ...count(24).map(
    (number): NewBehaviour => ({
      pathPattern: `/service-${number}/*`,
      origin: `service-${(number % 11) + 1}`,
      viewerProtocolPolicy: number % 2 === 0 ? "https-only" : "redirect-to-https",
      originRequestPolicy: "b689b0a8-53d0-40ab-baf2-68738e2966ac",
      lambdaEvents: number === 20 ? ["viewer-request"] : [],
    }),
  ),
  { origin: "site", responseHeadersPolicy: "67f7725c-6f97-4210-82d7-5512b31e9d03" },
];

/** A distribution as large firms have them, with settings that no SDK of today knows. */
export const largeDistribution: NewDistribution = {
  aliases: count(20).map((number) => `www-${number}.example.com`),
  origins,
  behaviours,
  defaultRootObject: "start page.html",
  extra: [
    "<FutureSetting><Depth>4</Depth><Words><Word>one</Word><Word>one</Word><Word>two</Word></Words></FutureSetting>",
    '<Vendor xmlns="urn:example:vendor" level="3"><ViewerMtlsConfig>not ours</ViewerMtlsConfig></Vendor>',
  ].join(""),
  tags: { team: "edge" },
};

/**
 * A configuration field by field: the path of each element, numbered where it is one of several, and what it holds;
 * attributes and comments too.
 */
export function fieldsOf(xml: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  const path: { readonly name: string; readonly seen: Map<string, number> }[] = [];
  const add = (name: string, value: string): void => {
    const seen = path.at(-1)?.seen;
    const number = (seen?.get(name) ?? 0) + 1;
    seen?.set(name, number);
    fields.set([...path.map((one) => one.name), `${name}[${number}]`].join("/"), value);
  };
  for (const [, comment, end, start, empty, text] of xml.matchAll(
    /<!--(.*?)-->|<\/([^>]+)>|<([^>/!]+?)(\/?)>|([^<]+)/gs,
  )) {
    if (comment !== undefined) add("#comment", comment);
    else if (text !== undefined) add("#text", text);
    else if (end !== undefined) path.pop();
    else if (start !== undefined) {
      const above = path.at(-1);
      const [name = ""] = start.split(/\s/);
      const number = (above?.seen.get(name) ?? 0) + 1;
      add(name, start);
      if (empty === "") path.push({ name: `${name}[${number}]`, seen: new Map() });
    }
  }
  return fields;
}
