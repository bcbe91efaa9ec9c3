import { isHandfastError } from "@handfast/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigDocument } from "../../src/distribution/config-document.ts";
import type { ViewerBlock } from "../../src/distribution/port.ts";
import { largeConfig } from "./large-config.ts";

const arn = "arn:aws:cloudfront::111122223333:distribution/E1EXAMPLE";
const certificate = "arn:aws:acm:us-east-1:111122223333:certificate/1b1b1b1b-1111-2222-3333-444444444444";
const other = "arn:aws:acm:us-east-1:111122223333:certificate/2c2c2c2c-1111-2222-3333-444444444444";

const required: ViewerBlock = {
  mode: "required",
  storeId: "ts_1",
  ignoreExpiry: true,
  advertiseNames: false,
};
const requiredText =
  "<ViewerMtlsConfig><Mode>required</Mode><TrustStoreConfig><TrustStoreId>ts_1</TrustStoreId><AdvertiseTrustStoreCaNames>false</AdvertiseTrustStoreCaNames><IgnoreCertificateExpiry>true</IgnoreCertificateExpiry></TrustStoreConfig></ViewerMtlsConfig>";
const functionText = "<ConnectionFunctionAssociation><Id>cf_1</Id></ConnectionFunctionAssociation>";
const mtlsText = (which: string): string =>
  `<OriginMtlsConfig><ClientCertificateArn>${which}</ClientCertificateArn></OriginMtlsConfig>`;

function edited(xml: string, edit: (config: ConfigDocument) => void): string {
  const config = new ConfigDocument(xml, arn);
  edit(config);
  return config.toXml();
}

describe("ConfigDocument", () => {
  it("gives back a large configuration character by character", () => {
    const xml = largeConfig();
    expect(edited(xml, () => {})).toBe(xml);
  });

  it.each<[string, { viewer?: string }, (config: ConfigDocument) => void, { viewer?: string }]>([
    ["a viewer block", {}, (config) => config.setViewer(required), { viewer: requiredText }],
    [
      "a passthrough block",
      {},
      (config) => config.setViewer({ mode: "passthrough" }),
      { viewer: "<ViewerMtlsConfig><Mode>passthrough</Mode></ViewerMtlsConfig>" },
    ],
    [
      "a mode alone",
      { viewer: requiredText },
      (config) => config.setViewer({ ...required, mode: "optional" }),
      { viewer: requiredText.replace("<Mode>required", "<Mode>optional") },
    ],
    [
      "a store and its flags",
      { viewer: requiredText },
      (config) =>
        config.setViewer({ ...required, storeId: "ts_2", ignoreExpiry: false, advertiseNames: true }),
      {
        viewer: requiredText
          .replace("ts_1", "ts_2")
          .replace("Names>false", "Names>true")
          .replace("Expiry>true", "Expiry>false"),
      },
    ],
    [
      "the block to passthrough",
      { viewer: requiredText },
      (config) => config.setViewer({ mode: "passthrough" }),
      { viewer: "<ViewerMtlsConfig><Mode>passthrough</Mode></ViewerMtlsConfig>" },
    ],
    ["no block", { viewer: requiredText }, (config) => config.setViewer({ mode: "off" }), {}],
    [
      "a connection function",
      { viewer: requiredText },
      (config) => config.setConnectionFunction("cf_1"),
      { viewer: requiredText + functionText },
    ],
    [
      "another connection function",
      { viewer: functionText },
      (config) => config.setConnectionFunction("cf_2"),
      { viewer: functionText.replace("cf_1", "cf_2") },
    ],
    [
      "no connection function",
      { viewer: functionText },
      (config) => config.setConnectionFunction(undefined),
      {},
    ],
    [
      "a viewer block before the function",
      { viewer: functionText },
      (config) => config.setViewer(required),
      { viewer: requiredText + functionText },
    ],
  ])("sets %s, and no other character of a large configuration", (_, before, edit, after) => {
    expect(edited(largeConfig(before), edit)).toBe(largeConfig(after));
  });

  it("sets one origin's certificate, another one, and none, and no other character", () => {
    const xml = largeConfig();
    const at = "<Id>origin-7</Id>";
    const shown = edited(xml, (config) => config.setCertificate("origin-7", certificate));
    const [head, tail] = xml.split(at) as [string, string];
    const end = "</CustomOriginConfig>";
    expect(shown).toBe(head + at + tail.replace(end, mtlsText(certificate) + end));
    expect(edited(shown, (config) => config.setCertificate("origin-7", other))).toBe(
      shown.replace(certificate, other),
    );
    expect(edited(shown, (config) => config.setCertificate("origin-7", undefined))).toBe(xml);
  });

  it("keeps fields of the blocks that it sets which nobody here knows", () => {
    const viewer = `<ViewerMtlsConfig next:v="2"><Mode>optional</Mode><New>1</New><TrustStoreConfig><TrustStoreId>ts_0</TrustStoreId><Depth>4</Depth></TrustStoreConfig></ViewerMtlsConfig>`;
    const customOrigin = `<OriginMtlsConfig><New>1</New><ClientCertificateArn>${other}</ClientCertificateArn></OriginMtlsConfig>`;
    const set = edited(largeConfig({ viewer, customOrigin, origins: 1 }), (config) => {
      config.setViewer(required);
      config.setCertificate("origin-0", certificate);
    });
    expect(set).toContain('<ViewerMtlsConfig next:v="2"><Mode>required</Mode><New>1</New>');
    expect(set).toContain("<TrustStoreId>ts_1</TrustStoreId><Depth>4</Depth>");
    expect(set).toContain(`<New>1</New><ClientCertificateArn>${certificate}</ClientCertificateArn>`);
  });

  it("leaves what is as wanted as it is written", () => {
    const spaced = "<ViewerMtlsConfig>\n <Mode> passthrough </Mode>\n</ViewerMtlsConfig>";
    const xml = largeConfig({ viewer: spaced });
    expect(edited(xml, (config) => config.setViewer({ mode: "passthrough" }))).toBe(xml);
  });

  it("reads what it sets", () => {
    const config = new ConfigDocument(largeConfig(), arn);
    expect([config.viewer, config.connectionFunctionId, config.certificateAt("origin-0")]).toEqual([
      { mode: "off" },
      undefined,
      undefined,
    ]);
    config.setViewer(required);
    config.setConnectionFunction("cf_1");
    config.setCertificate("origin-0", certificate);
    const again = new ConfigDocument(config.toXml(), arn);
    expect([again.viewer, again.connectionFunctionId, again.certificateAt("origin-0")]).toEqual([
      required,
      "cf_1",
      certificate,
    ]);
    expect(again.certificateAt("origin-1")).toBeUndefined();
    expect([again.hasOrigin("origin-2"), again.hasOrigin("origin-99")]).toEqual([true, false]);
  });

  it("reads and writes nothing of the same name in another namespace", () => {
    const foreign = "<next:ViewerMtlsConfig><Mode>required</Mode></next:ViewerMtlsConfig>";
    const passthrough = "<ViewerMtlsConfig><Mode>passthrough</Mode></ViewerMtlsConfig>";
    expect(new ConfigDocument(largeConfig({ viewer: foreign }), arn).viewer).toEqual({ mode: "off" });
    expect(
      edited(largeConfig({ viewer: foreign }), (config) => config.setViewer({ mode: "passthrough" })),
    ).toBe(largeConfig({ viewer: foreign + passthrough }));
  });

  it("writes names of its own under the prefix that the configuration uses", () => {
    const xml = `<c:DistributionConfig xmlns:c="urn:c"><c:Comment/></c:DistributionConfig>`;
    expect(edited(xml, (config) => config.setViewer({ mode: "passthrough" }))).toBe(
      `<c:DistributionConfig xmlns:c="urn:c"><c:Comment/><c:ViewerMtlsConfig><c:Mode>passthrough</c:Mode></c:ViewerMtlsConfig></c:DistributionConfig>`,
    );
  });

  it.each([
    ["an S3 origin", "origin-2"],
    ["an origin that is gone", "origin-99"],
  ])("refuses to show %s a certificate", (_, origin) => {
    const config = new ConfigDocument(largeConfig(), arn);
    expect(() => config.setCertificate(origin, certificate)).toThrow(/PRECONDITION|no custom origin/);
  });

  it("refuses a mode that it does not know, and says so", () => {
    const viewer = "<ViewerMtlsConfig><Mode>strict</Mode></ViewerMtlsConfig>";
    const config = new ConfigDocument(largeConfig({ viewer }), arn);
    expect(() => config.viewer).toThrow(/viewer mTLS strict without a trust store, which this version/);
  });

  it.each([
    ["nothing", ""],
    ["no XML", "not found"],
    ["half an answer", largeConfig().slice(0, 5_000)],
    ["another document", "<Error><Code>NoSuchDistribution</Code></Error>"],
    [
      "a reference that is declared elsewhere",
      "<DistributionConfig><Comment>&who;</Comment></DistributionConfig>",
    ],
  ])("refuses %s before anything is written", (_, xml) => {
    let thrown: unknown;
    try {
      new ConfigDocument(xml, arn);
    } catch (error) {
      thrown = error;
    }
    expect(isHandfastError(thrown) && thrown.code).toBe("REMOTE_UNEXPECTED");
    expect(`${thrown}`).toContain(arn);
  });

  it("carries any XML through every edit and back", () => {
    fc.assert(
      fc.property(
        fc.array(element),
        fc.constantFrom<ViewerBlock>(required, { mode: "passthrough" }),
        (inside, viewer) => {
          const origin = `<Origin><Id>a</Id><CustomOriginConfig><HTTPPort>80</HTTPPort>${inside.join("")}</CustomOriginConfig></Origin>`;
          const xml = `<DistributionConfig xmlns="urn:c" xmlns:n="urn:n"><Origins><Items>${origin}</Items></Origins>${inside.join("")}</DistributionConfig>`;
          const there = edited(xml, (config) => {
            config.setViewer(viewer);
            config.setConnectionFunction("cf_1");
            config.setCertificate("a", certificate);
          });
          const back = edited(there, (config) => {
            config.setViewer({ mode: "off" });
            config.setConnectionFunction(undefined);
            config.setCertificate("a", undefined);
          });
          expect(there).not.toBe(xml);
          expect(back).toBe(xml);
        },
      ),
      { numRuns: 100 },
    );
  });
});

/** Text as a serialiser writes it. */
const text = fc.string({
  unit: fc.constantFrom(
    "a",
    " ",
    "\n",
    "\t",
    "é",
    "\u0085",
    "\u2028",
    "😀",
    "&amp;",
    "&lt;",
    "&gt;",
    "&#13;",
    '"',
    "'",
  ),
});
const name = fc.constantFrom("Comment", "Quantity", "Mode", "TrustStoreConfig", "New", "n:New", "Id");
const attributes = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom("a", "n:b", "c"),
      fc.string({ unit: fc.constantFrom("x", "&amp;", "&lt;", "&quot;", "&#10;", "&#9;", "'") }),
    ),
    {
      selector: ([key]) => key,
    },
  )
  .map((pairs) => pairs.map(([key, value]) => ` ${key}="${value}"`).join(""));

/** An element with anything inside, as text. */
const { element } = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .tuple(
      name,
      attributes,
      fc.array(
        fc.oneof(
          { depthSize: "small", withCrossShrink: true },
          text,
          fc.constant("<!-- a & b -->"),
          fc.constant("<![CDATA[ <a> & ]]>"),
          tie("element"),
        ),
        { maxLength: 4 },
      ),
    )
    .map(([tag, attribute, children]) => {
      const inside = children.join("");
      return inside === "" ? `<${tag}${attribute}/>` : `<${tag}${attribute}>${inside}</${tag}>`;
    }),
}));
